// SPDX-License-Identifier: Apache-2.0
#include "served_slots.hpp"

#include <algorithm>
#include <iterator>
#include <limits>

namespace matricula::simulator {

void served_slots::split_at(std::uint64_t slot) {
  const auto holder = std::prev(sweep_from_.upper_bound(slot));
  sweep_from_.emplace(slot, holder->second);
}

void served_slots::add(std::uint64_t begin, std::uint64_t end, std::uint64_t sweep) {
  if (begin >= end)
    return;
  split_at(begin);
  split_at(end);
  const auto first = sweep_from_.find(begin);
  const auto past = sweep_from_.find(end);
  for (auto entry = first; entry != past; ++entry)
    entry->second = std::max(entry->second, sweep);
  // Join neighbours that are equal now, from before the first to after the last.
  auto entry = first == sweep_from_.begin() ? first : std::prev(first);
  const auto stop = std::next(past);
  while (true) {
    const auto next = std::next(entry);
    if (next == stop)
      break;
    if (next->second == entry->second)
      sweep_from_.erase(next);
    else
      entry = next;
  }
}

std::uint64_t served_slots::sweep_of(std::uint64_t slot) const {
  return std::prev(sweep_from_.upper_bound(slot))->second;
}

std::vector<served_slots::run> served_slots::runs() const {
  std::vector<run> served;
  for (auto entry = sweep_from_.begin(); entry != sweep_from_.end(); ++entry) {
    const auto next = std::next(entry);
    const auto end = next == sweep_from_.end() ? std::numeric_limits<std::uint64_t>::max() : next->first;
    if (entry->second != 0)
      served.push_back({entry->first, end, entry->second});
  }
  return served;
}

}  // namespace matricula::simulator
