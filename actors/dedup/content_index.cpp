// SPDX-License-Identifier: Apache-2.0
#include "actors/dedup/content_index.hpp"

#include <algorithm>
#include <cassert>

namespace matricula {

void content_index::load(const index_entry& entry) {
  table_.put_newer(entry.key_hash, {entry.content_hash, entry.revision});
}

std::optional<known_content> content_index::find(std::uint64_t key_hash) const {
  for (auto page = in_flight_.rbegin(); page != in_flight_.rend(); ++page)
    if (const auto found = page->changes.find(key_hash); found != page->changes.end())
      return found->second;
  return table_.find(key_hash);
}

std::vector<std::uint32_t> content_index::select(const record_batch& share, const usable& can_be_used) {
  assert(in_flight_.empty() || in_flight_.back().page_number < share.page->number);
  std::vector<std::uint32_t> changed;
  changed_contents changes;
  constexpr std::size_t ahead = 8;  // look-ups under way at once: each is a cache miss in a table of millions
  for (std::size_t i = 0; i < share.indices.size(); ++i) {
    if (i + ahead < share.indices.size())
      table_.prefetch(share.page->records[share.indices[i + ahead]].key_hash);
    const auto index = share.indices[i];
    const auto& record = share.page->records[index];
    const auto known = find(record.key_hash);
    if ((known && known->content_hash == record.content_hash) || !can_be_used(index))
      continue;
    changed.push_back(index);
    changes[record.key_hash] = {record.content_hash, share.page->revision(record)};
  }
  in_flight_.push_back({share.page->number, std::move(changes)});
  return changed;
}

content_index::retried_selection content_index::select_retries(const record_batch& share,
                                                               const usable& can_be_used) {
  assert(in_flight_.empty() || in_flight_.back().page_number < share.page->number);
  retried_selection selection;
  changed_contents changes;
  for (const auto index : share.indices) {
    const auto& record = share.page->records[index];
    if (!can_be_used(index))
      continue;
    const auto known = find(record.key_hash);
    if (!known || known->revision <= share.page->retries.at(record.position).refused) {
      const auto revision = share.page->revision(record);
      selection.changed.push_back(index);
      selection.settled.push_back({record.position, retry_state::retried, revision});
      changes[record.key_hash] = {record.content_hash, revision};
    } else {
      // Of the same content, it has been published since: by an earlier retry, or by the source.
      const auto state =
          known->content_hash == record.content_hash ? retry_state::retried : retry_state::superseded;
      selection.settled.push_back({record.position, state, known->revision});
    }
  }
  in_flight_.push_back({share.page->number, std::move(changes)});
  return selection;
}

void content_index::commit(std::uint64_t page_number) {
  assert(!in_flight_.empty() && in_flight_.front().page_number == page_number);
  static_cast<void>(page_number);
  for (const auto& [key_hash, changed] : in_flight_.front().changes)
    table_.put(key_hash, changed);
  in_flight_.pop_front();
}

void content_index::take_back(std::uint64_t page_number) {
  std::erase_if(in_flight_, [&](const auto& page) { return page.page_number == page_number; });
}

}  // namespace matricula
