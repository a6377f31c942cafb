// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/dedup/mapped_allocator.hpp"
#include "messages/page.hpp"

#include <absl/container/flat_hash_map.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

namespace matricula {

/// What is known of a key.
struct known_content {
  std::uint64_t content_hash = 0;
  revision_t revision = 0;
};

/// Key hash → content hash and revision, for millions of keys: about 38 bytes each.
///
/// A hash table that doubles when it is full takes twice as much a key just after it has grown as just before. So the
/// keys are dealt out to several tables, whose shares grow by the same factor from each to the next: they double one
/// after another, at any number of keys some are nearly full and some nearly half empty, and no insertion has to move
/// more than a tenth of the keys. `bench_parts --benchmark_filter=index` shows both.
class content_table {
 public:
  std::optional<known_content> find(std::uint64_t key_hash) const;

  /// Requires known.revision < 2^48, which is 85 years of a page every ten seconds.
  void put(std::uint64_t key_hash, known_content known);

  /// Likewise, but of two revisions the greater one stays.
  void put_newer(std::uint64_t key_hash, known_content known);

  /// Fetches from memory what a find of this key will look at, without waiting for it.
  void prefetch(std::uint64_t key_hash) const;

  std::size_t size() const;

 private:
  // In words of two bytes, so that an entry takes 22 and not 24.
  struct packed_key {
    std::array<std::uint16_t, 4> words;

    explicit packed_key(std::uint64_t key_hash);
    std::uint64_t number() const;
    friend bool operator==(const packed_key&, const packed_key&) = default;
  };
  struct itself {
    std::size_t operator()(const packed_key& key) const { return key.number(); }
  };
  struct packed_content {
    std::array<std::uint16_t, 7> words;

    explicit packed_content(known_content known);
    known_content unpacked() const;
  };
  using table = absl::flat_hash_map<packed_key, packed_content, itself, std::equal_to<>,
                                    mapped_allocator<std::pair<const packed_key, packed_content>>>;

  static constexpr std::size_t parts = 16;
  static std::size_t part_of(std::uint64_t key_hash);

  std::array<table, parts> parts_;
};

}  // namespace matricula
