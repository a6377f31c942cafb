// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>

namespace matricula {

/// What a lane's message holds besides its record: key, headers, and what Kafka puts around them. No part of a key is
/// longer than key_part_bytes_max.
inline constexpr std::size_t message_overhead_bytes_max = 16'384;

/// librdkafka's default of message.max.bytes, and that of Kafka's brokers for a topic's max.message.bytes.
inline constexpr std::size_t client_message_bytes_max = 1'000'000, topic_message_bytes_max = 1'048'588;

/// The bytes that a message may need where records have up to `record_bytes_max`. Entries of quarantine and outcomes keep
/// to librdkafka's default.
constexpr std::size_t message_bytes_max(std::size_t record_bytes_max) {
  return std::max(client_message_bytes_max, record_bytes_max + message_overhead_bytes_max);
}

}  // namespace matricula
