// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "catalogue.hpp"
#include "random.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace matricula::simulator {

/// A made-up Valencian school system of a given size. It holds centres and groups (some 34,000 groups for
/// eight million records) and computes everything else: who sits where, who teaches, which record has
/// which number. It never changes; what changes from sweep to sweep is told by `life`.
///
/// Records are numbered by **slot**. A slot is bound to one natural key for good:
///
///     0 .. records-1       the records that the first sweep serves
///     then, served from the sweep on in which they come to be:
///     moved                a pupil's records in the group that they moved to   (movers x 10)
///     added                a pupil's place in the optional subject             (waiting x 1)
///     substitute           a substitute's place in a classroom                 (classrooms x 1)
///     opened               a classroom opened during the year                  (groups x 32)
///
/// The later sections are ordered by the order in which life reaches their owners (the shuffles below), so
/// that the slots in use are always the first ones of each section.

enum class centre_kind : std::uint8_t { ies, ceip, cipfp, cfpa, conservatori, cee };

struct centre {
  std::uint32_t code;  ///< eight digits with the leading zero
  std::string name;    ///< escaped for JSON
  centre_kind kind;
  std::uint32_t first_group, groups;
  std::uint32_t first_teacher;  ///< the staff, then the substitutes
  std::uint32_t blocks;         ///< every six groups share their teachers
  std::uint32_t substitutes;
};

inline constexpr std::uint16_t no_course = 0xffff;
inline constexpr std::uint32_t none = 0xffffffff;
inline constexpr std::uint32_t teacher_rows = 12;  ///< teachers of a block: 11 subjects and the opened one

struct group {
  std::uint32_t centre;
  std::uint16_t course[2];        ///< the second is no_course but in a group of two courses
  char line;                      ///< 'A', 'B', …
  std::uint8_t pupils;            ///< 20 to 30
  std::uint8_t split;             ///< pupils below it follow course[0]
  std::uint32_t first_slot;       ///< of the group's records of the first sweep
  std::uint32_t first_pupil;      ///< ordinals of the group's own pupils
  std::uint32_t first_mover;      ///< ordinals among the pupils that may move; none move if no sibling
  std::uint32_t first_waiting;    ///< ordinals among the pupils without the optional subject
  std::uint32_t first_classroom;  ///< ordinals of the classrooms, opened ones apart
  std::uint32_t sibling;          ///< the group that pupils of this one move to, or none
  std::uint32_t hosts_pupils_of;  ///< every third seat belongs to a pupil of that group, or none
};

enum class section : std::uint8_t { first_sweep, moved, added, substitute, opened };
inline constexpr std::size_t sections = 5;
enum class member : std::uint8_t { pupil, teacher, substitute };

/// Where a record stands: a person's place in a classroom.
struct place {
  section part;
  member who;
  std::uint8_t course;       ///< 0 or 1: index into group.course
  std::uint8_t subject;      ///< index into the course's subjects, or opened_index
  std::uint8_t seat;         ///< of a pupil, in seat_group
  std::uint32_t group;       ///< of the classroom
  std::uint32_t seat_group;  ///< the pupil's own group: another one after a move

  static constexpr std::uint8_t opened_index = 11;
  bool operator==(const place&) const = default;
};

/// What stands in a record about a person; the texts live as long as the program.
struct human {
  std::string_view name, name_ascii, surname1, surname2;  ///< surname2 may be empty
  int born_year, born_month, born_day;
};

/// A flavour as it is taught in one province.
struct lane {
  flavour taught;
  std::uint32_t province;  ///< 3, 12 or 46
};

/// Reads "ESO-46"; nothing if there is no such flavour or province.
std::optional<lane> lane_from(std::string_view text);

class school_system {
 public:
  /// Requires records > 0. `year` is the school year: 2026 is 2026/27. With `lanes` there are no groups of
  /// others.
  school_system(std::uint64_t seed, std::uint64_t records, int year, std::vector<lane> lanes = {});

  [[nodiscard]] std::uint64_t seed() const { return seed_; }
  [[nodiscard]] std::uint64_t records() const { return records_; }
  [[nodiscard]] int year() const { return year_; }
  [[nodiscard]] const std::vector<centre>& centres() const { return centres_; }
  [[nodiscard]] const std::vector<group>& groups() const { return groups_; }

  /// Slots: the first of a section, and one past the last of all.
  [[nodiscard]] std::uint64_t section_begin(section s) const { return begins_[static_cast<std::size_t>(s)]; }
  [[nodiscard]] std::uint64_t slots_end() const { return begins_[sections]; }
  /// Slots that one owner has in a section.
  static std::uint64_t slots_per_owner(section s);

  /// Order in which life reaches its entities.
  [[nodiscard]] const shuffle& movers() const { return movers_; }
  [[nodiscard]] const shuffle& waiting() const { return waiting_; }
  [[nodiscard]] const shuffle& enrolments() const { return enrolments_; }
  [[nodiscard]] const shuffle& classrooms() const { return classrooms_; }
  [[nodiscard]] const shuffle& group_order() const { return group_order_; }
  [[nodiscard]] const shuffle& pupils() const { return pupils_; }
  [[nodiscard]] const shuffle& teachers() const { return teachers_; }

  /// The place of a slot; false if the slot stays empty for ever (sections other than the first have gaps).
  bool place_at(std::uint64_t slot, place& found) const;

  /// Calls see(slot, place) for every slot whose classroom belongs to a group, in use or not.
  template <class Visitor>
  void for_each_of_group(std::uint32_t g, Visitor see) const;

  // Groups.
  [[nodiscard]] std::uint32_t group_of_slot(std::uint64_t first_sweep_slot) const;
  [[nodiscard]] std::uint32_t group_of_pupil(std::uint32_t pupil) const;
  [[nodiscard]] std::string code_of(const group& g) const;
  [[nodiscard]] std::string name_of(const group& g) const;
  [[nodiscard]] int courses_of(const group& g) const { return g.course[1] == no_course ? 1 : 2; }
  [[nodiscard]] std::uint32_t seats_begin(const group& g, int course) const {
    return course == 0 ? 0 : g.split;
  }
  [[nodiscard]] std::uint32_t seats_end(const group& g, int course) const {
    return course == 0 ? g.split : g.pupils;
  }
  /// Pupils of a course below this seat take the optional subject from the start.
  [[nodiscard]] std::uint32_t takers_end(const group& g, int course) const;

  // Classrooms.
  [[nodiscard]] std::uint32_t classroom_of(const group& g, int course, int subject) const;
  [[nodiscard]] const subject& subject_at(const place& p) const;
  [[nodiscard]] const course& course_at(const place& p) const {
    return courses()[groups_[p.group].course[p.course]];
  }
  [[nodiscard]] std::uint32_t teacher_of(const group& g, int subject) const;
  [[nodiscard]] std::uint32_t substitute_for(const centre& c, std::uint32_t teacher) const;
  /// Whether the first sweep finds the teacher's classrooms in the hands of a substitute.
  [[nodiscard]] bool on_leave(std::uint32_t teacher) const;

  // People. A pupil is an ordinal: the NIA is computed from it; so is a teacher, and the NIF.
  [[nodiscard]] std::uint32_t pupil_at(std::uint32_t g, std::uint32_t seat) const;
  [[nodiscard]] std::uint32_t nia_of(std::uint32_t pupil) const;
  [[nodiscard]] std::uint32_t nif_number_of(std::uint32_t teacher) const;
  static char nif_letter(std::uint32_t number) { return "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23]; }
  /// The teacher that a pupil also is, or none.
  [[nodiscard]] std::uint32_t teacher_behind(std::uint32_t pupil) const;
  [[nodiscard]] human pupil(std::uint32_t pupil) const;
  [[nodiscard]] human teacher(std::uint32_t teacher) const;

  /// Seats of one group that are its own pupils' and may move.
  [[nodiscard]] std::uint32_t movers_of(const group& g) const { return g.sibling == none ? 0 : g.pupils; }

 private:
  void add_centre();
  [[nodiscard]] bool wanted(flavour taught, std::uint32_t province) const;
  void add_group(std::uint16_t course, std::uint16_t second, char line);
  void place_groups();
  void find_siblings();
  void find_guests();
  [[nodiscard]] std::uint32_t slots_of(const group& g) const;
  [[nodiscard]] std::uint32_t slots_of_classroom(const group& g, int course, int subject) const;
  bool place_in_group(std::uint32_t g, std::uint32_t offset, place& found) const;
  [[nodiscard]] human named(std::uint64_t lot) const;

  std::uint64_t seed_;
  std::uint64_t records_;
  int year_;
  std::vector<lane> lanes_;  // empty: all
  std::uint64_t centres_planned_ = 0;
  std::vector<centre> centres_;
  std::vector<group> groups_;
  std::uint64_t slots_made_ = 0;
  std::uint32_t teachers_made_ = 0;
  std::uint64_t begins_[sections + 1] = {};
  shuffle movers_, waiting_, enrolments_, classrooms_, group_order_, pupils_, teachers_;
};

template <class Visitor>
void school_system::for_each_of_group(std::uint32_t g, Visitor see) const {
  const auto& here = groups_[g];
  place p{};
  const auto see_if_used = [&](std::uint64_t slot) {
    if (place_at(slot, p) && p.group == g)
      see(slot, p);
  };
  const auto see_owner = [&](section s, std::uint64_t rank) {
    const auto size = slots_per_owner(s);
    for (std::uint64_t i = 0; i < size; ++i)
      see_if_used(section_begin(s) + rank * size + i);
  };
  const std::uint64_t end = g + 1 < groups_.size() ? groups_[g + 1].first_slot : records_;
  for (std::uint64_t slot = here.first_slot; slot < end; ++slot)
    see_if_used(slot);
  for (std::uint32_t from = 0; from < groups_.size(); ++from)
    if (groups_[from].sibling == g)
      for (std::uint32_t seat = 0; seat < groups_[from].pupils; ++seat)
        see_owner(section::moved, movers_.place_of(groups_[from].first_mover + seat));
  for (int c = 0; c < courses_of(here); ++c) {
    const auto subjects = courses()[here.course[c]].subjects.size();
    for (std::size_t j = 0; j < subjects; ++j)
      see_owner(section::substitute, classrooms_.place_of(classroom_of(here, c, static_cast<int>(j))));
  }
  const std::uint64_t waiting_end = g + 1 < groups_.size() ? groups_[g + 1].first_waiting : waiting_.size();
  for (std::uint64_t w = here.first_waiting; w < waiting_end; ++w)
    see_owner(section::added, waiting_.place_of(w));
  see_owner(section::opened, group_order_.place_of(g));
}

}  // namespace matricula::simulator
