// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/topology.hpp"
#include "messages/errors.hpp"
#include "messages/site_batch.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace matricula {

/// What a partition holds: [first, end), Kafka's own entries included.
struct partition_extent {
  topic_partition where;
  std::int64_t first = 0, end = 0;
  std::int64_t at_time = 0;  ///< the first entry at the time asked for, or `end`
};

/// Asks for the extent of every partition of a topic, and for the offsets at a time. Blocking. Errors:
/// kafka_unavailable, topic_mismatch (there is no such topic).
result<std::vector<partition_extent>>
ask_extents(const kafka_settings& settings, const std::string& topic,
            std::optional<std::chrono::sys_time<std::chrono::milliseconds>> time,
            std::chrono::milliseconds wait);

}  // namespace matricula
