// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "messages/page.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace matricula {

/// Each has a deduplicator. More cores than these are of no use to them: whoever deals a page out to them, and who publishes
/// it, is one.
inline constexpr std::size_t parts_of_a_source = 8;

/// Which part of the keys a key belongs to, of so many. By bits in the middle of its hash: a content_table takes its
/// tables from the first of them, and a place in a table from the last. Requires parts > 0.
constexpr std::size_t part_of_keys(std::uint64_t key_hash, std::size_t parts) {
  return static_cast<std::uint32_t>(key_hash >> 32U) % parts;
}

/// What each part of the keys gets of a page; null: nothing.
using key_shares = std::vector<std::shared_ptr<record_batch>>;

/// Deals out a page's records by their keys, each share in the order of the page.
inline key_shares shares_of(const page_ptr& page, std::size_t parts) {
  key_shares shares(parts);
  for (std::uint32_t i = 0; i < page->records.size(); ++i) {
    auto& share = shares[part_of_keys(page->records[i].key_hash, parts)];
    if (!share) {
      share = std::make_shared<record_batch>();
      share->page = page;
      share->indices.reserve(page->records.size() / parts);
    }
    share->indices.push_back(i);
  }
  return shares;
}

}  // namespace matricula
