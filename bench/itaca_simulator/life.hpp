// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "school_system.hpp"

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace matricula::simulator {

/// What happens to people and classrooms between two sweeps.
enum class change : std::uint8_t {
  moved,          ///< a pupil goes to another group: old records withdrawn, new ones enrolled (and back)
  added,          ///< a pupil takes the optional subject (and leaves it again)
  withdrawn,      ///< one enrolment ends
  returned,       ///< one that had ended goes on
  replaced,       ///< a classroom's teacher is replaced by a substitute (and comes back)
  pupil_email,    ///< a pupil's address changes, in all their records
  teacher_email,  ///< a teacher's, in all records of all their classrooms
  opened,         ///< a group gets a new classroom (which is closed a round later)
};
inline constexpr std::size_t changes = 8;
std::string_view name_of(change c);

/// How many events of every kind there have been up to a sweep. This alone, with the school system, is the
/// whole state of a sweep: event number m of a kind hits the entity at place m of the kind's shuffle, round
/// and round, so that "how often has it hit me?" is one division.
using event_counts = std::array<std::uint64_t, changes>;

/// Which share of the records changes from one sweep to the next. Sweeps count from 1; the first sweep has
/// no changes. Memory: one entry for each call of `change_rate`.
class life {
 public:
  /// Requires 0 <= rate <= 1 and first_changed >= 2, the first sweep that differs from its predecessor.
  life(const school_system& school, double rate, std::uint64_t first_changed);

  /// From this sweep on, every sweep changes this share of the records. Requires that the sweep is later
  /// than any whose counts were asked for, if what was answered is to stay true.
  void change_rate(double rate, std::uint64_t from_sweep);

  [[nodiscard]] double rate_at(std::uint64_t sweep) const;
  [[nodiscard]] event_counts at(std::uint64_t sweep) const;

 private:
  struct era {
    std::uint64_t from_sweep;
    double rate;
    std::array<double, changes> events_before;  ///< up to the sweep before from_sweep
  };

  std::array<double, changes> events_per_sweep(double rate) const;

  std::array<double, changes> events_at_rate_one_{};  ///< per sweep, if everything changed
  std::array<double, changes> owners_{};
  std::uint64_t withdrawn_at_start_;
  std::vector<era> eras_;  ///< by from_sweep, ascending
};

/// How many of the first `events` events hit the entity.
inline std::uint64_t hits(std::uint64_t events, const shuffle& order, std::uint64_t entity) {
  if (events == 0)
    return 0;
  const auto place = order.place_of(entity);
  return events <= place ? 0 : (events - place - 1) / order.size() + 1;
}

/// The state of a school system's places after some events.
class moment {
 public:
  moment(const school_system& school, const event_counts& events)
      : school_(school)
      , events_(events) {}

  [[nodiscard]] const school_system& school() const { return school_; }
  [[nodiscard]] const event_counts& events() const { return events_; }

  /// Slots of a section that exist by now: the section's first ones.
  [[nodiscard]] std::uint64_t slots_in_use(section s) const;
  [[nodiscard]] bool in_use(std::uint64_t slot, section part) const {
    return slot - school_.section_begin(part) < slots_in_use(part);
  }

  /// `slot` must be the place's.
  [[nodiscard]] bool enrolled(const place& p, std::uint64_t slot) const;
  /// How often the place has changed its status or its owner's: dates follow it.
  [[nodiscard]] std::uint64_t turns(const place& p, std::uint64_t slot) const;

  [[nodiscard]] bool substituted(const group& g, int course, int subject) const;
  /// Whether the absent teacher stays in the classroom beside the substitute.
  [[nodiscard]] bool beside(const group& g, int course, int subject) const;

  [[nodiscard]] std::uint64_t pupil_email(std::uint32_t pupil) const {
    return hits(count(change::pupil_email), school_.pupils(), pupil);
  }
  [[nodiscard]] std::uint64_t teacher_email(std::uint32_t teacher) const {
    return hits(count(change::teacher_email), school_.teachers(), teacher);
  }

 private:
  [[nodiscard]] std::uint64_t count(change c) const { return events_[static_cast<std::size_t>(c)]; }
  [[nodiscard]] std::uint64_t moves(const place& p) const;
  [[nodiscard]] std::uint64_t additions(std::uint64_t slot) const;
  [[nodiscard]] std::uint64_t replacements(const group& g, int course, int subject) const {
    return hits(count(change::replaced), school_.classrooms(), school_.classroom_of(g, course, subject));
  }

  const school_system& school_;
  event_counts events_;
};

}  // namespace matricula::simulator
