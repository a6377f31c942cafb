// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace matricula::simulator {

/// The words that the made-up school system is built of. Every text is valid inside a JSON string as it
/// stands.

enum class flavour : std::uint8_t { infantil, primaria, eso, batxillerat, fp, fpa, iseacv, especials };
inline constexpr std::size_t flavours = 8;

std::string_view name_of(flavour f);

struct subject {
  std::string_view code;  ///< repeats across courses, as in ITACA
  std::string_view name_val;
  std::string_view name_cas;
};

struct course {
  char code[11];                ///< ten digits
  std::string_view name;        ///< "1r ESO"
  std::string_view short_name;  ///< "1ESO": groups add their line
  flavour taught_in;
  int age;                        ///< of most of its students in September
  std::vector<subject> subjects;  ///< 8 to 11; the last one is optional
};

/// Courses by number; `first_course` gives the number of a flavour's first, and courses of one flavour
/// stand together.
std::span<const course> courses();
std::uint16_t first_course(flavour f);
std::uint16_t course_count(flavour f);

/// The subject of a classroom that is opened during the year.
inline constexpr subject opened_subject{"PIM", "Projecte interdisciplinari i multilingüe",
                                        "Proyecto interdisciplinar y multilingüe"};

struct given_name {
  std::string_view text;
  std::string_view ascii;  ///< for e-mail addresses
};

std::span<const given_name> given_names();
std::span<const std::string_view> surnames();
std::span<const std::string_view> centre_names();

}  // namespace matricula::simulator
