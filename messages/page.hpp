// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "messages/errors.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace matricula {

/// Revisions order everything that a source says: newer wins. A page has a number that grows by one and never
/// repeats among committed pages; a record's revision is its page's number and its place in the page, so no
/// two records of a source share one.
using revision_t = std::uint64_t;

/// The most records a page can hold, as far as revisions go.
inline constexpr std::uint32_t page_positions_max = 1U << 20;

/// The revision of the record at `position` of the page numbered `page_number`.
constexpr revision_t revision_at(std::uint64_t page_number, std::uint32_t position) noexcept {
  return page_number * page_positions_max + position;
}

/// The number of the page that a record of this revision came with.
constexpr std::uint64_t page_number_of(revision_t revision) noexcept { return revision / page_positions_max; }

/// The feed's envelope: which page this is and how to ask for the next.
struct page_envelope {
  std::string cursor;               ///< empty for the first page of a sweep
  std::optional<std::string> next;  ///< absent: the sweep is complete
  std::uint64_t sweep = 0;
  std::uint64_t count = 0;  ///< records in the page, as the source counts them
};

/// A record inside a page: where its bytes stand, and what the stages decide by.
struct record_view {
  std::uint32_t offset = 0, length = 0;          ///< the record's JSON in page::bytes
  std::uint32_t key_offset = 0, key_length = 0;  ///< the natural key in page::keys
  std::uint64_t key_hash = 0, content_hash = 0;
  std::uint32_t centre_offset = 0;  ///< the centre's code in page::keys
  std::uint16_t centre_length = 0;
  std::uint16_t lane = 0;      ///< index into the topology's lanes
  std::uint32_t position = 0;  ///< in the page as read, from 0
  bool checked = false;        ///< read whole and found usable; else nobody knows yet: see record_checker
};

/// A record of a page that cannot be used, and why.
struct rejected_record {
  std::uint32_t position = 0;            ///< in the page as read, from 0
  std::uint32_t offset = 0, length = 0;  ///< its bytes in page::bytes
  std::string key;                       ///< the natural key as far as it could be read; may be empty
  failure reason;
};

/// What a record of a page of retries is in quarantine for.
struct retried_record {
  std::string entry;       ///< the entry's key
  revision_t refused = 0;  ///< the revision that was refused
};

/// One read of a source, decoded. Shared and immutable once decoded: stages pass it on, they do not copy from
/// it.
struct page {
  std::string source;        ///< the source's name
  std::uint64_t number = 0;  ///< see revision_t
  std::string bytes;         ///< as read, without padding
  std::string keys;          ///< the natural keys, one after the other
  page_envelope envelope;
  std::vector<record_view> records;       ///< each key once, in the order of the page; usable if checked
  std::vector<rejected_record> rejected;  ///< in the order of the page
  std::uint64_t repeated = 0;             ///< records that a later one of the same key replaced
  std::vector<retried_record> retries;    ///< by position, in a page of retries; else empty
  std::vector<std::string> dropped;  ///< keys of the source's quarantine entries that were dropped before it
  std::chrono::steady_clock::time_point requested_at;

  std::string_view json(const record_view& record) const {
    return std::string_view{bytes}.substr(record.offset, record.length);
  }
  std::string_view key(const record_view& record) const {
    return std::string_view{keys}.substr(record.key_offset, record.key_length);
  }
  std::string_view centre(const record_view& record) const {
    return std::string_view{keys}.substr(record.centre_offset, record.centre_length);
  }
  std::string_view json(const rejected_record& record) const {
    return std::string_view{bytes}.substr(record.offset, record.length);
  }
  revision_t revision(const record_view& record) const { return revision_at(number, record.position); }
};

using page_ptr = std::shared_ptr<const page>;

/// Some of a page's records: the share of a part of the keys, or what of it has changed. Indices into page::records,
/// ascending.
struct record_batch {
  page_ptr page;
  std::vector<std::uint32_t> indices;

  /// Bytes of the records' JSON.
  std::size_t bytes() const {
    std::size_t sum = 0;
    for (const auto index : indices)
      sum += page->records[index].length;
    return sum;
  }
};

using batch_ptr = std::shared_ptr<const record_batch>;

}  // namespace matricula
