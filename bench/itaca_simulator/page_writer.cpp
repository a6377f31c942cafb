// SPDX-License-Identifier: Apache-2.0
#include "page_writer.hpp"

#include <algorithm>

namespace matricula::simulator {

std::string_view record_run::record(std::size_t i) const {
  const std::size_t end = i + 1 < begins.size() ? begins[i + 1] - 1 : bytes.size();
  return std::string_view(bytes).substr(begins[i], end - begins[i]);
}

void slot_walk::settle() {
  const auto& school = at_.school();
  if (slot_ < pupils_end_) {  // the common case: the next pupil of the classroom
    ++here_.seat;
    return;
  }
  while (slot_ < school.slots_end()) {
    if (slot_ < school.records()) {
      school.place_at(slot_, here_);
      if (here_.who == member::pupil) {
        const auto& g = school.groups()[here_.group];
        const bool optional =
            static_cast<std::size_t>(here_.subject) + 1 == school.course_at(here_).subjects.size();
        const auto end = optional ? school.takers_end(g, here_.course) : school.seats_end(g, here_.course);
        pupils_end_ = std::min<std::uint64_t>(slot_ + (end - here_.seat), school.records());
      }
      return;
    }
    std::size_t part = 1;
    while (slot_ >= school.section_begin(static_cast<section>(part)) +
                        (at_.slots_in_use(static_cast<section>(part)))) {
      ++part;
      if (part == sections)
        break;
      slot_ = std::max(slot_, school.section_begin(static_cast<section>(part)));
    }
    if (part == sections)
      break;
    if (school.place_at(slot_, here_))
      return;
    ++slot_;
  }
  slot_ = school.slots_end();
  done_ = true;
}

record_run write_run(const moment& at, std::uint64_t first_slot, std::uint64_t limit) {
  record_run run;
  run.first_slot = first_slot;
  const auto likely =
      std::min(limit, at.school().slots_end() - std::min(first_slot, at.school().slots_end()));
  run.bytes.reserve(likely * 740);
  run.begins.reserve(likely);
  record_writer writer(at);
  slot_walk walk(at, first_slot);
  for (; !walk.done() && run.begins.size() < limit; walk.advance()) {
    if (!run.begins.empty())
      run.bytes += ',';
    run.begins.push_back(static_cast<std::uint32_t>(run.bytes.size()));
    writer.append(run.bytes, walk.here(), walk.slot());
  }
  run.next_slot = walk.slot();
  run.last = walk.done();
  run.hash = hash_of(run.bytes);
  return run;
}

}  // namespace matricula::simulator
