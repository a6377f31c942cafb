// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/dedup/topic_scan.hpp"
#include "messages/hashing.hpp"

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <cstdint>

namespace matricula {

/// Finds the newest message of each key in two readings of the same topics: the first notes them all, the second asks of
/// each. Newest is who has the greatest revision, and of two with one revision the later. Knows nothing of Kafka; keeps no
/// texts, so that two keys of one hash count as one.
class newest_messages {
 public:
  void note(const scanned_message& message) {
    const auto [at, is_new] = newest_.try_emplace(key_hash_of(message.record.key), place_of(message));
    if (!is_new && message.record.revision >= at->second.revision)
      at->second = place_of(message);
  }

  /// Whether it is the one, of those that were noted.
  bool has(const scanned_message& message) const {
    const auto found = newest_.find(key_hash_of(message.record.key));
    return found != newest_.end() && found->second == place_of(message);
  }

  std::size_t keys() const { return newest_.size(); }

 private:
  struct place {
    revision_t revision = 0;
    std::int64_t offset = 0;
    std::size_t topic_index = 0;
    std::int32_t partition = 0;

    friend bool operator==(const place&, const place&) = default;
  };

  static place place_of(const scanned_message& message) {
    return {message.record.revision, message.record.offset, message.topic_index, message.partition};
  }

  absl::flat_hash_map<std::uint64_t, place> newest_;
};

}  // namespace matricula
