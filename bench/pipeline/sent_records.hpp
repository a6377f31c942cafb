// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace matricula::bench {

/// A record as matricula has sent it to Kafka.
struct sent_record {
  std::string lane, key, value;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::uint64_t content_hash = 0, revision = 0;
};

/// The records of one transaction each.
using transactions = std::vector<std::span<const sent_record>>;

/// Where the partitions of each lane go on that were empty before these: after their records, and after Kafka's own entry,
/// which each transaction leaves in the partitions that it has records of.
inline std::map<std::pair<std::string, std::int32_t>, std::int64_t> offsets_after(const transactions& sent) {
  std::map<std::pair<std::string, std::int32_t>, std::int64_t> all;
  for (const auto& records : sent) {
    std::map<std::pair<std::string, std::int32_t>, std::int64_t> entries;
    for (const auto& record : records) {
      const auto first = entries.try_emplace({record.lane, record.partition}, 1).first;
      ++first->second;
    }
    for (const auto& [partition, count] : entries)
      all[partition] += count;
  }
  return all;
}

}  // namespace matricula::bench
