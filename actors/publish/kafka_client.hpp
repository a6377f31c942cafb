// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/topology.hpp"
#include "messages/errors.hpp"
#include "messages/page.hpp"

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace matricula {

/// librdkafka's C handles, owned.
struct kafka_deleter {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
  void operator()(rd_kafka_error_t* error) const { rd_kafka_error_destroy(error); }
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
  void operator()(rd_kafka_headers_t* headers) const { rd_kafka_headers_destroy(headers); }
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
};
template <class T>
using kafka_handle = std::unique_ptr<T, kafka_deleter>;

/// What [kafka.properties] say of a duration, or else what is otherwise so.
std::chrono::milliseconds milliseconds_of(const kafka_settings& settings, const std::string& property,
                                          std::chrono::milliseconds otherwise);

/// A configuration with the topology's own properties, then ours, which win. Errors: topic_mismatch, with the
/// name of a property that librdkafka does not take.
result<kafka_handle<rd_kafka_conf_t>>
kafka_configuration(const kafka_settings& settings,
                    std::initializer_list<std::pair<std::string_view, std::string>> ours);

/// Has a consumer fetch no more than `bytes`, or one message, at a time from a broker, if [kafka.properties] say nothing
/// else.
void limit_fetches(kafka_settings& settings, std::size_t bytes);

/// A client of that configuration, which it takes over.
result<kafka_handle<rd_kafka_t>> kafka_client(rd_kafka_type_t type,
                                              kafka_handle<rd_kafka_conf_t> configuration);

/// kafka_unavailable with librdkafka's words and the brokers' addresses.
failure kafka_failure(const kafka_settings& settings, std::string_view during, std::string_view why);

/// The names of a lane message's headers (docs/topics.md); hashes and revisions are eight bytes, big end
/// first.
inline constexpr const char* content_hash_header = "content_hash";
inline constexpr const char* revision_header = "revision";
inline constexpr const char* source_header = "source";

/// Takes a lane message's headers from it; a missing one is 0.
void read_headers(rd_kafka_message_t& message, std::uint64_t& content_hash, revision_t& revision);

/// Eight bytes, big end first.
struct big_endian {
  explicit big_endian(std::uint64_t value) {
    for (int i = 7; i >= 0; --i, value >>= 8U)
      bytes[i] = static_cast<char>(value & 0xFFU);
  }
  char bytes[8];
};

/// The offsets that a partition holds: [first, end), Kafka's own entries included.
struct held_offsets {
  std::int64_t first = 0, end = 0;
};

using partition_counts = std::map<std::string, int, std::less<>>;  ///< by topic

/// Asks for those of all topics; who has asked is connected, and is answered at once from then on. Blocking. Error:
/// kafka_unavailable.
result<partition_counts> ask_partition_counts(rd_kafka_t* client, const kafka_settings& settings,
                                              std::chrono::milliseconds timeout);

/// Asks for them. A broker that does not lead the partition yet, as just after its creation or a move, is asked again
/// within `wait`. Blocking. Error: kafka_unavailable.
result<held_offsets> ask_held_offsets(rd_kafka_t* client, const kafka_settings& settings,
                                      const std::string& topic, std::int32_t partition,
                                      std::chrono::milliseconds wait);

}  // namespace matricula
