// SPDX-License-Identifier: Apache-2.0
#include "life.hpp"

#include <algorithm>
#include <cmath>

namespace matricula::simulator {

namespace {

constexpr std::string_view change_names[changes] = {"moved",    "added",       "withdrawn",     "returned",
                                                    "replaced", "pupil_email", "teacher_email", "opened"};

// How the changed records of a sweep divide among the kinds, and how many records one event changes: a
// pupil has nine or ten records and as many new ones after a move; a classroom has 25 people and a teacher;
// a teacher has some six classrooms.
constexpr double share[changes] = {0.25, 0.10, 0.10, 0.10, 0.15, 0.15, 0.05, 0.10};
constexpr double records_per_event[changes] = {18, 1, 1, 1, 26, 9.2, 100, 24};

constexpr double withdrawn_share_at_start = 0.02;

}  // namespace

std::string_view name_of(change c) { return change_names[static_cast<std::size_t>(c)]; }

life::life(const school_system& school, double rate, std::uint64_t first_changed)
    : withdrawn_at_start_(
          static_cast<std::uint64_t>(static_cast<double>(school.records()) * withdrawn_share_at_start)) {
  const shuffle* orders[changes] = {&school.movers(),     &school.waiting(),    &school.enrolments(),
                                    &school.enrolments(), &school.classrooms(), &school.pupils(),
                                    &school.teachers(),   &school.group_order()};
  for (std::size_t k = 0; k < changes; ++k) {
    owners_[k] = static_cast<double>(orders[k]->size());
    events_at_rate_one_[k] = static_cast<double>(school.records()) * share[k] / records_per_event[k];
  }
  eras_.push_back({first_changed, rate, {}});
}

// No entity is hit twice in one sweep: two flips would look like none.
std::array<double, changes> life::events_per_sweep(double rate) const {
  std::array<double, changes> events{};
  for (std::size_t k = 0; k < changes; ++k)
    events[k] = std::min(rate * events_at_rate_one_[k], owners_[k]);
  return events;
}

void life::change_rate(double rate, std::uint64_t from_sweep) {
  while (!eras_.empty() && eras_.back().from_sweep >= from_sweep)
    eras_.pop_back();
  era next{from_sweep, rate, {}};
  if (!eras_.empty()) {
    const auto& last = eras_.back();
    const auto events = events_per_sweep(last.rate);
    for (std::size_t k = 0; k < changes; ++k)
      next.events_before[k] =
          last.events_before[k] + events[k] * static_cast<double>(from_sweep - last.from_sweep);
  }
  eras_.push_back(next);
}

double life::rate_at(std::uint64_t sweep) const {
  double rate = 0;
  for (const auto& e : eras_)
    if (e.from_sweep <= sweep)
      rate = e.rate;
  return rate;
}

event_counts life::at(std::uint64_t sweep) const {
  event_counts counts{};
  const era* last = nullptr;
  for (const auto& e : eras_)
    if (e.from_sweep <= sweep)
      last = &e;
  if (last != nullptr) {
    const auto events = events_per_sweep(last->rate);
    for (std::size_t k = 0; k < changes; ++k) {
      const double sum =
          last->events_before[k] + events[k] * static_cast<double>(sweep - last->from_sweep + 1);
      // Rounded up, so that every kind shows at once; but one teacher's address alone is 150 records.
      const bool coarse = static_cast<change>(k) == change::teacher_email;
      counts[k] = static_cast<std::uint64_t>(coarse ? std::floor(sum) : std::ceil(sum));
    }
  }
  // Returns follow withdrawals at a distance: there are always some withdrawn records, the oldest return.
  counts[static_cast<std::size_t>(change::withdrawn)] += withdrawn_at_start_;
  return counts;
}

std::uint64_t moment::slots_in_use(section s) const {
  const auto size = school_.slots_per_owner(s);
  const auto upto = [&](change c, const shuffle& order) { return std::min(count(c), order.size()) * size; };
  switch (s) {
  case section::first_sweep:
    return school_.records();
  case section::moved:
    return upto(change::moved, school_.movers());
  case section::added:
    return upto(change::added, school_.waiting());
  case section::substitute:
    return upto(change::replaced, school_.classrooms());
  case section::opened:
    return upto(change::opened, school_.group_order());
  }
  return 0;
}

std::uint64_t moment::moves(const place& p) const {
  const auto& own = school_.groups()[p.seat_group];
  return own.sibling == none ? 0 : hits(count(change::moved), school_.movers(), own.first_mover + p.seat);
}

std::uint64_t moment::additions(std::uint64_t slot) const {
  const auto rank = slot - school_.section_begin(section::added);
  return hits(count(change::added), school_.waiting(), school_.waiting().at(rank));
}

bool moment::substituted(const group& g, int course, int subject) const {
  if (subject == place::opened_index)
    return false;
  return (replacements(g, course, subject) % 2 == 1) != school_.on_leave(school_.teacher_of(g, subject));
}

bool moment::beside(const group& g, int course, int subject) const {
  return draw(school_.seed(), purpose::beside, school_.classroom_of(g, course, subject)) % 2 == 0;
}

bool moment::enrolled(const place& p, std::uint64_t slot) const {
  const auto& g = school_.groups()[p.group];
  if (p.part == section::opened) {
    const auto opened = hits(count(change::opened), school_.group_order(), p.group);
    return opened % 2 == 1 && (p.who == member::teacher || moves(p) % 2 == 0);
  }
  switch (p.who) {
  case member::teacher:
    return !substituted(g, p.course, p.subject) || beside(g, p.course, p.subject);
  case member::substitute:
    return substituted(g, p.course, p.subject);
  case member::pupil:
    break;
  }
  const bool away = moves(p) % 2 == 1;
  if (p.part == section::moved)
    return away;
  if (away)
    return false;
  if (p.part == section::added)
    return additions(slot) % 2 == 1;
  return hits(count(change::withdrawn), school_.enrolments(), slot) ==
         hits(count(change::returned), school_.enrolments(), slot);
}

std::uint64_t moment::turns(const place& p, std::uint64_t slot) const {
  const auto& g = school_.groups()[p.group];
  std::uint64_t turns = 0;
  if (p.part == section::opened)
    turns += hits(count(change::opened), school_.group_order(), p.group);
  if (p.who != member::pupil)
    return p.part == section::opened ? turns : replacements(g, p.course, p.subject);
  turns += moves(p);
  if (p.part == section::added)
    turns += additions(slot);
  if (p.part == section::first_sweep)
    turns += hits(count(change::withdrawn), school_.enrolments(), slot) +
             hits(count(change::returned), school_.enrolments(), slot);
  return turns;
}

}  // namespace matricula::simulator
