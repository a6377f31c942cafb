// SPDX-License-Identifier: Apache-2.0
#include "config/days.hpp"

#include <charconv>
#include <chrono>
#include <optional>

namespace matricula::config {
namespace {

/// A year without a 29 February.
constexpr int common_year = 2027;

std::optional<int> number_of(std::string_view digits) {
  int number = 0;
  const char* const end = digits.data() + digits.size();
  if (digits.empty() || digits.front() == '-')
    return std::nullopt;
  const auto [rest, error] = std::from_chars(digits.data(), end, number);
  return error == std::errc{} && rest == end ? std::optional{number} : std::nullopt;
}

/// Whether "MM-DD" is a day of that year.
bool is_day_of(int year, std::string_view text) {
  if (text.size() != 5 || text[2] != '-')
    return false;
  const auto month = number_of(text.substr(0, 2)), day = number_of(text.substr(3));
  return month && day &&
         std::chrono::year_month_day{std::chrono::year{year},
                                     std::chrono::month(static_cast<unsigned>(*month)),
                                     std::chrono::day(static_cast<unsigned>(*day))}
             .ok();
}

}  // namespace

bool is_day_of_every_year(std::string_view text) { return is_day_of(common_year, text); }

bool is_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-')
    return false;
  const auto year = number_of(text.substr(0, 4));
  return year && *year > 0 && is_day_of(*year, text.substr(5));
}

day_range day_range_of(std::string_view text) {
  const auto slash = text.find('/');
  return slash == std::string_view::npos ? day_range{text, text}
                                         : day_range{text.substr(0, slash), text.substr(slash + 1)};
}

}  // namespace matricula::config
