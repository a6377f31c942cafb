// SPDX-License-Identifier: Apache-2.0
#include "actors/fetch/kafka_topic_tail.hpp"

#include "actors/publish/kafka_client.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <set>

namespace matricula {
namespace {

constexpr int metadata_timeout_ms = 1'000;

class kafka_topic_tail final : public topic_tail {
 public:
  kafka_topic_tail(const kafka_settings& settings, std::string topic)
      : settings_(settings)
      , topic_(std::move(topic)) {}

  ~kafka_topic_tail() override {
    if (client_)
      rd_kafka_consumer_close(client_.get());
  }

  result<bool> poll(std::size_t messages_max, const on_message& each) override {
    if (partitions_ == 0)
      if (auto opened = open(); !opened)
        return opened.error();
    for (std::size_t count = 0; count < messages_max;) {
      const kafka_handle<rd_kafka_message_t> message{rd_kafka_consumer_poll(client_.get(), 0)};
      if (!message)
        break;
      if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        caught_up_.insert(message->partition);
        continue;
      }
      if (message->err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || message->err == RD_KAFKA_RESP_ERR__TRANSPORT)
        continue;  // librdkafka connects again
      if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_failure(settings_, "following " + topic_, rd_kafka_message_errstr(message.get()));
      hand_out(*message, each);
      ++count;
    }
    return caught_up_.size() == partitions_;
  }

 private:
  result<done> open() {
    if (!client_) {
      auto configuration =
          kafka_configuration(settings_, {{"group.id", "matricula.tail"},  // required, never joined
                                          {"isolation.level", "read_committed"},
                                          {"enable.auto.commit", "false"},
                                          {"enable.partition.eof", "true"},
                                          {"auto.offset.reset", "earliest"},
                                          // It is polled as often as a page is due.
                                          {"max.poll.interval.ms", "86400000"},
                                          {"queued.max.messages.kbytes", "16384"}});
      if (!configuration)
        return configuration.error();
      auto client = kafka_client(RD_KAFKA_CONSUMER, *std::move(configuration));
      if (!client)
        return client.error();
      client_ = *std::move(client);
      rd_kafka_poll_set_consumer(client_.get());
    }
    const kafka_handle<rd_kafka_topic_t> topic{rd_kafka_topic_new(client_.get(), topic_.c_str(), nullptr)};
    const rd_kafka_metadata_t* metadata = nullptr;
    if (const auto error = rd_kafka_metadata(client_.get(), 0, topic.get(), &metadata, metadata_timeout_ms);
        error != RD_KAFKA_RESP_ERR_NO_ERROR)
      return kafka_failure(settings_, "asking for " + topic_, rd_kafka_err2str(error));
    const std::unique_ptr<const rd_kafka_metadata_t, decltype(&rd_kafka_metadata_destroy)> owned{
        metadata, &rd_kafka_metadata_destroy};
    const auto count = metadata->topic_cnt == 1 ? metadata->topics[0].partition_cnt : 0;
    if (count <= 0)
      return failure{error_code::topic_mismatch,
                     "topic " + topic_ + " does not exist: matricula topics T --create makes it"};
    const kafka_handle<rd_kafka_topic_partition_list_t> list{rd_kafka_topic_partition_list_new(count)};
    for (int partition = 0; partition < count; ++partition)
      rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition)->offset =
          RD_KAFKA_OFFSET_BEGINNING;
    if (const auto error = rd_kafka_assign(client_.get(), list.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR)
      return kafka_failure(settings_, "following " + topic_, rd_kafka_err2str(error));
    partitions_ = static_cast<std::size_t>(count);
    return done{};
  }

  static void hand_out(const rd_kafka_message_t& message, const on_message& each) {
    scanned_message out;
    out.partition = message.partition;
    out.record.offset = message.offset;
    out.record.key = {static_cast<const char*>(message.key), message.key_len};
    out.record.value = {static_cast<const char*>(message.payload), message.len};
    rd_kafka_timestamp_type_t kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    out.time_ms = std::max<std::int64_t>(rd_kafka_message_timestamp(&message, &kind), 0);
    each(out);
  }

  kafka_settings settings_;
  std::string topic_;
  std::size_t partitions_ = 0;        // 0: not assigned yet
  std::set<std::int32_t> caught_up_;  // partitions of which the end was reached once
  kafka_handle<rd_kafka_t> client_;
};

}  // namespace

topic_tail_ptr make_kafka_topic_tail(const kafka_settings& settings, std::string topic) {
  return std::make_unique<kafka_topic_tail>(settings, std::move(topic));
}

}  // namespace matricula
