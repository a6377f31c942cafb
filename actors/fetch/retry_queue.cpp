// SPDX-License-Identifier: Apache-2.0
#include "actors/fetch/retry_queue.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace matricula {
namespace {

/// As it stands in an entry that `quarantine drop` has written; within a text of it there would be backslashes.
constexpr std::string_view dropped_state = R"("state":"dropped")";
/// As many entries as a publisher remembers.
constexpr std::size_t dropped_max = 100'000;

}  // namespace

void retry_queue::note(std::string_view key, std::string_view value) {
  if (!retry_note::is_key(key)) {
    if (key.starts_with(entries_) && value.find(dropped_state) != value.npos && dropped_.size() < dropped_max)
      dropped_.emplace_back(key);
    return;
  }
  if (const auto known = requests_.find(key); known != requests_.end()) {
    if (known->second.page != 0)
      return;  // its page's answer tells
    bytes_ -= known->second.note.record.size();
    requests_.erase(known);
  }
  auto note = retry_note::read(value);
  if (!note || note->state != retry_state::asked || note->source != source_)
    return;
  auto record_key = check_.key_of(note->record);
  if (!record_key)
    return;
  bytes_ += note->record.size();
  requests_.emplace(key, request{*std::move(note), *std::move(record_key), 0});
}

retry_queue::batch retry_queue::take(std::uint64_t page_number, std::size_t records_max,
                                     std::size_t bytes_max) {
  std::vector<request*> waiting;
  for (auto& [key, each] : requests_)
    if (each.page == 0)
      waiting.push_back(&each);
  std::stable_sort(waiting.begin(), waiting.end(),
                   [](const auto* a, const auto* b) { return a->note.refused > b->note.refused; });
  batch taken;
  std::set<std::string_view> keys;
  std::size_t bytes = 0;
  for (auto* each : waiting) {
    const auto& record = each->note.record;
    if (taken.records.size() == records_max || (!taken.records.empty() && bytes + record.size() > bytes_max))
      break;
    if (!each->record_key.empty() && !keys.insert(each->record_key).second)
      continue;
    bytes += record.size();
    each->page = page_number;
    taken.records.push_back(record);
    taken.retries.push_back({each->note.entry, each->note.refused});
  }
  return taken;
}

void retry_queue::committed(std::uint64_t page_number) {
  std::erase_if(requests_, [&](const auto& each) {
    if (each.second.page != page_number)
      return false;
    bytes_ -= each.second.note.record.size();
    return true;
  });
}

void retry_queue::sent_back(std::uint64_t page_number) {
  for (auto& [key, each] : requests_)
    if (each.page == page_number)
      each.page = 0;
}

}  // namespace matricula
