// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/dedup/topic_scan.hpp"
#include "actors/subscribe/kafka_offsets.hpp"
#include "config/topology.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace matricula {

/// Waits up to `wait` for Kafka to tell what a topic holds, also while a partition changes its leader. Blocking.
/// Errors: kafka_unavailable, topic_mismatch (the topic does not exist).
result<std::vector<partition_extent>> await_topic(const kafka_settings& kafka, const std::string& topic,
                                                  std::chrono::milliseconds wait);

/// Hands out every committed message of these topics, from their starts to where their ends are now. Blocking.
/// Errors: kafka_unavailable, topic_mismatch (a topic does not exist).
result<done> read_topics(const kafka_settings& kafka, std::vector<std::string> topics,
                         const topic_scan::on_message& each);

}  // namespace matricula
