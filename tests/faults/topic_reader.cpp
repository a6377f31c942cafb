// SPDX-License-Identifier: Apache-2.0
#include "topic_reader.hpp"

#include <chrono>
#include <cstdlib>
#include <iterator>
#include <stdexcept>
#include <thread>
#include <unistd.h>
#include <utility>

namespace matricula::faults {
namespace {

constexpr int answer_ms_max = 20'000;

void set(rd_kafka_conf_t* configuration, const char* name, const std::string& value) {
  char why[256];
  if (rd_kafka_conf_set(configuration, name, value.c_str(), why, sizeof why) != RD_KAFKA_CONF_OK)
    throw std::runtime_error{why};
}

/// A header of eight bytes, big end first.
std::uint64_t number_in(const rd_kafka_message_t& message, const char* name) {
  rd_kafka_headers_t* headers = nullptr;
  const void* bytes = nullptr;
  std::size_t size = 0;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
      rd_kafka_header_get_last(headers, name, &bytes, &size) != RD_KAFKA_RESP_ERR_NO_ERROR || size != 8)
    return 0;
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < size; ++i)
    number = number << 8U | static_cast<const unsigned char*>(bytes)[i];
  return number;
}

std::string bytes_of(std::uint64_t number) {
  std::string bytes(8, '\0');
  for (std::size_t i = bytes.size(); i-- > 0; number >>= 8U)
    bytes[i] = static_cast<char>(number & 0xFFU);
  return bytes;
}

/// A consumer that belongs to no group.
rd_kafka_t* consumer_of(const std::string& bootstrap) {
  auto* const configuration = rd_kafka_conf_new();
  set(configuration, "bootstrap.servers", bootstrap);
  set(configuration, "group.id", "judge" + std::to_string(getpid()));
  set(configuration, "enable.auto.commit", "false");
  set(configuration, "isolation.level", "read_committed");
  set(configuration, "enable.partition.eof", "true");
  set(configuration, "fetch.wait.max.ms", "50");
  set(configuration, "log_level", "0");
  char why[256];
  auto* const client = rd_kafka_new(RD_KAFKA_CONSUMER, configuration, why, sizeof why);
  if (client == nullptr) {
    rd_kafka_conf_destroy(configuration);
    throw std::runtime_error{why};
  }
  rd_kafka_poll_set_consumer(client);
  return client;
}

/// Reads these partitions of the topic from an offset on.
void assign(rd_kafka_t* client, const std::string& topic, int partitions, std::int64_t offset) {
  auto* const list = rd_kafka_topic_partition_list_new(partitions);
  for (int partition = 0; partition < partitions; ++partition)
    rd_kafka_topic_partition_list_add(list, topic.c_str(), partition)->offset = offset;
  const auto error = rd_kafka_assign(client, list);
  rd_kafka_topic_partition_list_destroy(list);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
    throw std::runtime_error{"judge: " + topic + ": " + rd_kafka_err2str(error)};
}

}  // namespace

topic_reader::topic_reader(const std::string& bootstrap)
    : client_(consumer_of(bootstrap)) {}

std::vector<int> topic_reader::leaders_of(const std::string& topic) {
  const std::unique_ptr<rd_kafka_topic_t, void (*)(rd_kafka_topic_t*)> handle{
      rd_kafka_topic_new(client_.get(), topic.c_str(), nullptr), rd_kafka_topic_destroy};
  const rd_kafka_metadata_t* metadata = nullptr;
  if (const auto error = rd_kafka_metadata(client_.get(), 0, handle.get(), &metadata, answer_ms_max);
      error != RD_KAFKA_RESP_ERR_NO_ERROR)
    throw std::runtime_error{"judge: " + topic + ": " + rd_kafka_err2str(error)};
  std::vector<int> leaders;
  for (int i = 0; metadata->topic_cnt == 1 && i < metadata->topics[0].partition_cnt; ++i)
    leaders.push_back(metadata->topics[0].partitions[i].leader);
  rd_kafka_metadata_destroy(metadata);
  return leaders;
}

int topic_reader::leader_of(const std::string& topic, int partition) {
  return leaders_of(topic).at(static_cast<std::size_t>(partition));
}

std::vector<std::pair<std::string, int>> topic_reader::led_by(int broker,
                                                              const std::vector<std::string>& topics) {
  std::vector<std::pair<std::string, int>> led;
  for (const auto& topic : topics) {
    const auto leaders = leaders_of(topic);
    for (std::size_t partition = 0; partition < leaders.size(); ++partition)
      if (leaders[partition] == broker)
        led.emplace_back(topic, static_cast<int>(partition));
  }
  return led;
}

int topic_reader::transaction_coordinator_of(const std::string& transactional_id) {
  // Whoever leads the id's partition of this topic: that of its Java hash code.
  const auto leaders = leaders_of("__transaction_state");
  std::uint32_t hash = 0;
  for (const char each : transactional_id)
    hash = 31 * hash + static_cast<unsigned char>(each);
  const auto distance = std::abs(static_cast<std::int64_t>(static_cast<std::int32_t>(hash)));
  return leaders.at(static_cast<std::size_t>(distance) % leaders.size());
}

std::vector<std::int64_t> topic_reader::ends(const std::string& topic) {
  std::vector<std::int64_t> all;
  for (int partition = 0; partition < partitions_of(topic); ++partition) {
    std::int64_t low = 0, high = 0;
    if (const auto error = rd_kafka_query_watermark_offsets(client_.get(), topic.c_str(), partition, &low,
                                                            &high, answer_ms_max);
        error != RD_KAFKA_RESP_ERR_NO_ERROR)
      throw std::runtime_error{"judge: " + topic + ": " + rd_kafka_err2str(error)};
    all.push_back(high);
  }
  return all;
}

void topic_reader::read_all(const std::string& topic, const std::function<void(const read_message&)>& each) {
  const int partitions = partitions_of(topic);
  assign(client_.get(), topic, partitions, RD_KAFKA_OFFSET_BEGINNING);
  for (int ended = 0; ended < partitions;) {
    rd_kafka_message_t* const message = rd_kafka_consumer_poll(client_.get(), answer_ms_max);
    if (message == nullptr)
      throw std::runtime_error{"judge: " + topic + " cannot be read to its end"};
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
      ++ended;
    else if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
      each({message->partition,
            message->offset,
            {static_cast<const char*>(message->key), message->key_len},
            {static_cast<const char*>(message->payload), message->len},
            number_in(*message, "revision"),
            number_in(*message, "content_hash")});
    rd_kafka_message_destroy(message);
  }
  rd_kafka_assign(client_.get(), nullptr);
}

void topic_reader::set_cleanup(const std::string& topic, const char* policy) {
  const std::unique_ptr<rd_kafka_queue_t, void (*)(rd_kafka_queue_t*)> queue{
      rd_kafka_queue_new(client_.get()), rd_kafka_queue_destroy};
  auto* resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str());
  rd_kafka_ConfigResource_set_config(resource, "cleanup.policy", policy);
  rd_kafka_AlterConfigs(client_.get(), &resource, 1, nullptr, queue.get());
  rd_kafka_event_destroy(rd_kafka_queue_poll(queue.get(), answer_ms_max));
  rd_kafka_ConfigResource_destroy(resource);
}

void topic_reader::delete_all(const std::string& topic, std::optional<std::int32_t> partition) {
  const auto until = ends(topic);
  set_cleanup(topic, "delete");
  auto* const list = rd_kafka_topic_partition_list_new(static_cast<int>(until.size()));
  for (std::int32_t each = 0; each < static_cast<std::int32_t>(until.size()); ++each)
    if (!partition || each == *partition)
      rd_kafka_topic_partition_list_add(list, topic.c_str(), each)->offset =
          until[static_cast<std::size_t>(each)];
  // A broker may not have heard of the other kind yet, and refuses.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds{answer_ms_max};
  auto why = deleted(list);
  for (; !why.empty() && std::chrono::steady_clock::now() < deadline; why = deleted(list))
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
  rd_kafka_topic_partition_list_destroy(list);
  set_cleanup(topic, "compact");
  if (!why.empty())
    throw std::runtime_error{"judge: deleting the records of " + topic + ": " + why};
}

std::string topic_reader::deleted(rd_kafka_topic_partition_list_t* before) {
  const std::unique_ptr<rd_kafka_queue_t, void (*)(rd_kafka_queue_t*)> queue{
      rd_kafka_queue_new(client_.get()), rd_kafka_queue_destroy};
  auto* records = rd_kafka_DeleteRecords_new(before);
  rd_kafka_DeleteRecords(client_.get(), &records, 1, nullptr, queue.get());
  rd_kafka_DeleteRecords_destroy(records);
  const std::unique_ptr<rd_kafka_event_t, void (*)(rd_kafka_event_t*)> answer{
      rd_kafka_queue_poll(queue.get(), answer_ms_max), rd_kafka_event_destroy};
  if (!answer)
    return "no answer";
  if (rd_kafka_event_error(answer.get()) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return rd_kafka_event_error_string(answer.get());
  const auto* const offsets =
      rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(answer.get()));
  for (int i = 0; i < offsets->cnt; ++i)
    if (offsets->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR)
      return rd_kafka_err2str(offsets->elems[i].err);
  return {};
}

void append(const std::string& bootstrap, const std::string& topic, const read_message& message,
            std::int64_t time_ms) {
  auto* const configuration = rd_kafka_conf_new();
  set(configuration, "bootstrap.servers", bootstrap);
  char why[256];
  const std::unique_ptr<rd_kafka_t, void (*)(rd_kafka_t*)> producer{
      rd_kafka_new(RD_KAFKA_PRODUCER, configuration, why, sizeof why), rd_kafka_destroy};
  if (!producer) {
    rd_kafka_conf_destroy(configuration);
    throw std::runtime_error{why};
  }
  const auto memory = [](std::string_view bytes) {
    return decltype(rd_kafka_vu_t{}.u.mem){const_cast<char*>(bytes.data()), bytes.size()};
  };
  auto* const headers = rd_kafka_headers_new(2);
  for (const auto& [name, number] :
       {std::pair{"revision", message.revision}, std::pair{"content_hash", message.content_hash}})
    rd_kafka_header_add(headers, name, -1, bytes_of(number).data(), 8);
  rd_kafka_vu_t parts[6]{};
  parts[0].vtype = RD_KAFKA_VTYPE_TOPIC;
  parts[0].u.cstr = topic.c_str();
  parts[1].vtype = RD_KAFKA_VTYPE_PARTITION;
  parts[1].u.i32 = message.partition;
  parts[2].vtype = RD_KAFKA_VTYPE_KEY;
  parts[2].u.mem = memory(message.key);
  parts[3].vtype = RD_KAFKA_VTYPE_VALUE;
  parts[3].u.mem = memory(message.value);
  parts[4].vtype = RD_KAFKA_VTYPE_HEADERS;
  parts[4].u.headers = headers;
  parts[5].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
  parts[5].u.i64 = time_ms;
  auto* const error = rd_kafka_produceva(producer.get(), parts, std::size(parts));
  const bool failed = error != nullptr;
  rd_kafka_error_destroy(error);
  if (failed)
    rd_kafka_headers_destroy(headers);
  if (failed || rd_kafka_flush(producer.get(), answer_ms_max) != RD_KAFKA_RESP_ERR_NO_ERROR)
    throw std::runtime_error{"judge: a message could not be appended to " + topic};
}

topic_tail::topic_tail(const std::string& bootstrap, const std::string& topic)
    : client_(consumer_of(bootstrap)) {
  assign(client_, topic, 1, RD_KAFKA_OFFSET_END);
}

topic_tail::~topic_tail() { rd_kafka_destroy(client_); }

bool topic_tail::next(std::chrono::milliseconds wait) {
  rd_kafka_message_t* const message = rd_kafka_consumer_poll(client_, static_cast<int>(wait.count()));
  if (message == nullptr)
    return false;
  const bool came = message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
  rd_kafka_message_destroy(message);
  return came;
}

}  // namespace matricula::faults
