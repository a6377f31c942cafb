// SPDX-License-Identifier: Apache-2.0
#include "actors/publish/kafka_client.hpp"

#include "config/message_bytes.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace matricula {
namespace {

/// [kafka.properties] serves producers and consumers alike; each warns of what only the other takes.
bool is_about_the_other_kind(const char* facility, std::string_view text) {
  return std::strcmp(facility, "CONFWARN") == 0 &&
         text.find("property and will be ignored by this") != text.npos;
}

void log_line(const rd_kafka_t* client, int level, const char* facility, const char* text) {
  if (is_about_the_other_kind(facility, text))
    return;
  const auto severity = level <= 3   ? spdlog::level::warn
                        : level <= 4 ? spdlog::level::info
                                     : spdlog::level::debug;
  spdlog::log(severity, "kafka {} {}: {}", rd_kafka_name(client), facility, text);
}

/// How long a broker may leave bytes unacknowledged, or not take any more, as when it waits for its followers; and how
/// long it may take to accept a connection.
constexpr int unacknowledged_ms_max = 10'000, connecting_ms_max = 5'000;
/// Between two tries to connect. An hour's outage is over for us a second after its end.
constexpr int reconnect_delay_ms_max = 1'000;
/// librdkafka asks who leads a partition that has lost its leader after pauses that double up to this one. Brokers miss a
/// dead one after 6 to 10 s, so that with the default of five minutes the new leader would be found another 8 s later.
constexpr int leader_query_delay_ms_max = 3'000;

/// A line that is cut without a word costs no more than this: TCP by itself sends again after ever longer pauses, for a
/// quarter of an hour, and so goes on late when the line has long been mended.
int open_socket(int domain, int type, int protocol, void*) {
  const int opened = socket(domain, type | SOCK_CLOEXEC, protocol);
  if (opened >= 0)
    setsockopt(opened, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms_max, sizeof unacknowledged_ms_max);
  return opened;
}

/// Here and not in the library, where ThreadSanitizer would not see it, and take the number's next use for a race.
int close_socket(int opened, void*) { return close(opened); }

std::uint64_t from_big_endian(const void* data) {
  unsigned char bytes[8];
  std::memcpy(bytes, data, sizeof bytes);
  std::uint64_t value = 0;
  for (const auto byte : bytes)
    value = value << 8U | byte;
  return value;
}

std::uint64_t number_in_header(const rd_kafka_headers_t* headers, const char* name) {
  const void* data = nullptr;
  std::size_t size = 0;
  if (rd_kafka_header_get_last(headers, name, &data, &size) != RD_KAFKA_RESP_ERR_NO_ERROR || size != 8)
    return 0;
  return from_big_endian(data);
}

}  // namespace

failure kafka_failure(const kafka_settings& settings, std::string_view during, std::string_view why) {
  return {error_code::kafka_unavailable,
          "Kafka at " + settings.bootstrap + ", " + std::string{during} + ": " + std::string{why}};
}

std::chrono::milliseconds milliseconds_of(const kafka_settings& settings, const std::string& property,
                                          std::chrono::milliseconds otherwise) {
  auto count = otherwise.count();
  if (const auto own = settings.properties.find(property); own != settings.properties.end())
    std::from_chars(own->second.data(), own->second.data() + own->second.size(), count);
  return std::chrono::milliseconds{count};
}

result<kafka_handle<rd_kafka_conf_t>>
kafka_configuration(const kafka_settings& settings,
                    std::initializer_list<std::pair<std::string_view, std::string>> ours) {
  kafka_handle<rd_kafka_conf_t> conf{rd_kafka_conf_new()};
  char text[512];
  const auto set = [&](const std::string& name, const std::string& value) {
    return rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), text, sizeof text) == RD_KAFKA_CONF_OK;
  };
  rd_kafka_conf_set_log_cb(conf.get(), log_line);
  rd_kafka_conf_set_socket_cb(conf.get(), open_socket);
  rd_kafka_conf_set_closesocket_cb(conf.get(), close_socket);
  const std::pair<const char*, int> presets[] = {
      {"reconnect.backoff.max.ms", reconnect_delay_ms_max},
      {"socket.connection.setup.timeout.ms", connecting_ms_max},
      {"topic.metadata.refresh.interval.ms", leader_query_delay_ms_max},
  };
  for (const auto& [name, value] : presets)
    if (!set(name, std::to_string(value)))
      return failure{error_code::topic_mismatch, std::string{name} + ": " + text};
  for (const auto& [name, value] : settings.properties)
    if (!set(name, value))
      return failure{error_code::topic_mismatch, "[kafka.properties] " + name + ": " + text};
  if (!set("bootstrap.servers", settings.bootstrap) || !set("client.id", "matricula"))
    return failure{error_code::topic_mismatch, std::string{"[kafka] bootstrap: "} + text};
  for (const auto& [name, value] : ours)
    if (!set(std::string{name}, value))
      return failure{error_code::topic_mismatch, std::string{name} + ": " + text};
  return conf;
}

void limit_fetches(kafka_settings& settings, std::size_t bytes) {
  auto message_bytes = client_message_bytes_max;
  if (const auto own = settings.properties.find("message.max.bytes"); own != settings.properties.end())
    std::from_chars(own->second.data(), own->second.data() + own->second.size(), message_bytes);
  settings.properties.try_emplace("fetch.max.bytes", std::to_string(std::max(bytes, message_bytes)));
}

result<kafka_handle<rd_kafka_t>> kafka_client(rd_kafka_type_t type,
                                              kafka_handle<rd_kafka_conf_t> configuration) {
  // Made by now, and not by the first of the client's threads that logs.
  static_cast<void>(spdlog::default_logger_raw());
  char text[512];
  auto* client = rd_kafka_new(type, configuration.get(), text, sizeof text);
  if (client == nullptr)
    return failure{error_code::topic_mismatch, std::string{"Kafka client: "} + text};
  static_cast<void>(configuration.release());  // the client's now
  return kafka_handle<rd_kafka_t>{client};
}

void read_headers(rd_kafka_message_t& message, std::uint64_t& content_hash, revision_t& revision) {
  content_hash = revision = 0;
  rd_kafka_headers_t* list = nullptr;
  if (rd_kafka_message_headers(&message, &list) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return;
  content_hash = number_in_header(list, content_hash_header);
  revision = number_in_header(list, revision_header);
}

result<partition_counts> ask_partition_counts(rd_kafka_t* client, const kafka_settings& settings,
                                              std::chrono::milliseconds timeout) {
  const rd_kafka_metadata_t* metadata = nullptr;
  if (const auto error = rd_kafka_metadata(client, 1, nullptr, &metadata, static_cast<int>(timeout.count()));
      error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return kafka_failure(settings, "asking for its topics", rd_kafka_err2str(error));
  const std::unique_ptr<const rd_kafka_metadata_t, decltype(&rd_kafka_metadata_destroy)> owned{
      metadata, &rd_kafka_metadata_destroy};
  partition_counts partitions;
  for (int i = 0; i < metadata->topic_cnt; ++i)
    partitions[metadata->topics[i].topic] = metadata->topics[i].partition_cnt;
  return partitions;
}

result<held_offsets> ask_held_offsets(rd_kafka_t* client, const kafka_settings& settings,
                                      const std::string& topic, std::int32_t partition,
                                      std::chrono::milliseconds wait) {
  using std::chrono::milliseconds;
  constexpr milliseconds between{100};
  const auto deadline = std::chrono::steady_clock::now() + wait;
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    held_offsets held;
    const auto error =
        rd_kafka_query_watermark_offsets(client, topic.c_str(), partition, &held.first, &held.end,
                                         static_cast<int>(std::max(left, between).count()));
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
      return held;
    const bool leader_moves = error == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
                              error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
                              error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    if (!leader_moves || left <= between)
      return kafka_failure(settings, "asking for the extent of " + topic, rd_kafka_err2str(error));
    std::this_thread::sleep_for(between);
  }
}

}  // namespace matricula
