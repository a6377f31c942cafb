// SPDX-License-Identifier: Apache-2.0
#include "actors/dedup/kafka_topic_scan.hpp"

#include "actors/dedup/unread_partitions.hpp"
#include "actors/publish/kafka_client.hpp"

#include <algorithm>
#include <chrono>
#include <map>

namespace matricula {
namespace {

constexpr int metadata_timeout_ms = 10'000;
constexpr int poll_timeout_ms = 1'000;
constexpr std::chrono::seconds silence_max{30};

topic_partition place_of(const rd_kafka_message_t& message) {
  return {rd_kafka_topic_name(message.rkt), message.partition};
}

class kafka_topic_scan final : public topic_scan {
 public:
  kafka_topic_scan(const kafka_settings& settings, std::vector<std::string> topics, partition_offsets offsets)
      : settings_(settings)
      , topics_(std::move(topics))
      , offsets_(std::move(offsets)) {}

  ~kafka_topic_scan() override {
    if (client_)
      rd_kafka_consumer_close(client_.get());
  }

  result<bool> next(std::size_t messages_max, const on_message& each) override {
    if (!client_)
      if (auto opened = open(); !opened)
        return opened.error();
    auto silent_since = std::chrono::steady_clock::now();
    for (std::size_t count = 0; count < messages_max && !unread_.empty();) {
      const kafka_handle<rd_kafka_message_t> message{rd_kafka_consumer_poll(client_.get(), poll_timeout_ms)};
      const bool at_end = message && message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
      if (!message || (at_end && !unread_.reach(place_of(*message), message->offset))) {
        if (std::chrono::steady_clock::now() - silent_since > silence_max)
          return kafka_failure(settings_, "reading topics",
                               "no message for 30 s, nor the end that there was");
        continue;
      }
      silent_since = std::chrono::steady_clock::now();
      if (at_end)
        continue;
      if (message->err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || message->err == RD_KAFKA_RESP_ERR__TRANSPORT)
        continue;  // librdkafka connects again; the silence is what is bounded
      if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_failure(settings_, "reading topics", rd_kafka_message_errstr(message.get()));
      hand_out(*message, each);
      ++count;
    }
    return !unread_.empty();
  }

  std::uint64_t messages_read() const override { return read_; }
  std::uint64_t messages_total() const override { return total_; }

 private:
  result<done> open() {
    auto configuration =
        kafka_configuration(settings_, {{"group.id", "matricula.scan"},  // required, never joined
                                        {"isolation.level", "read_committed"},
                                        {"enable.auto.commit", "false"},
                                        {"enable.partition.eof", "true"},
                                        {"auto.offset.reset", "earliest"},
                                        // A topic that ends in a control message is known to end only when
                                        // the broker has waited this long for more.
                                        {"fetch.wait.max.ms", "10"},
                                        {"fetch.message.max.bytes", "8388608"},
                                        {"queued.max.messages.kbytes", "65536"}});
    if (!configuration)
      return configuration.error();
    auto client = kafka_client(RD_KAFKA_CONSUMER, *std::move(configuration));
    if (!client)
      return client.error();
    rd_kafka_poll_set_consumer(client->get());

    const rd_kafka_metadata_t* metadata = nullptr;
    if (const auto error = rd_kafka_metadata(client->get(), 1, nullptr, &metadata, metadata_timeout_ms);
        error != RD_KAFKA_RESP_ERR_NO_ERROR)
      return kafka_failure(settings_, "asking for its topics", rd_kafka_err2str(error));
    const std::unique_ptr<const rd_kafka_metadata_t, decltype(&rd_kafka_metadata_destroy)> owned{
        metadata, &rd_kafka_metadata_destroy};
    std::map<std::string, int, std::less<>> partitions;
    for (int i = 0; i < metadata->topic_cnt; ++i)
      partitions[metadata->topics[i].topic] = metadata->topics[i].partition_cnt;

    const kafka_handle<rd_kafka_topic_partition_list_t> list{rd_kafka_topic_partition_list_new(16)};
    for (std::size_t i = 0; i < topics_.size(); ++i) {
      const auto found = partitions.find(topics_[i]);
      if (found == partitions.end() || found->second == 0)
        return failure{error_code::topic_mismatch,
                       "topic " + topics_[i] + " does not exist: matricula topics T --create makes it"};
      index_of_[topics_[i]] = i;
      for (int partition = 0; partition < found->second; ++partition) {
        const auto held = ask_held_offsets(client->get(), settings_, topics_[i], partition,
                                           std::chrono::milliseconds{metadata_timeout_ms});
        if (!held)
          return held.error();
        const auto [low, high] = *held;
        const auto given = offsets_.find({topics_[i], partition});
        const auto begin = std::max(low, given == offsets_.end() ? low : given->second);
        if (high <= begin)
          continue;
        total_ += static_cast<std::uint64_t>(high - begin);
        rd_kafka_topic_partition_list_add(list.get(), topics_[i].c_str(), partition)->offset =
            begin == low ? RD_KAFKA_OFFSET_BEGINNING : begin;
        unread_.add({topics_[i], partition}, high);
      }
    }
    if (const auto error = rd_kafka_assign(client->get(), list.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR)
      return kafka_failure(settings_, "reading topics", rd_kafka_err2str(error));
    client_ = *std::move(client);
    return done{};
  }

  void hand_out(rd_kafka_message_t& message, const on_message& each) {
    const char* topic = rd_kafka_topic_name(message.rkt);
    // What was written after the scan began is handed out too when it comes, but not waited for.
    unread_.reach(place_of(message), message.offset + 1);
    scanned_message out;
    out.topic_index = index_of_.find(topic)->second;
    out.partition = message.partition;
    out.record.offset = message.offset;
    out.record.key = {static_cast<const char*>(message.key), message.key_len};
    out.record.value = {static_cast<const char*>(message.payload), message.len};
    read_headers(message, out.record.content_hash, out.record.revision);
    rd_kafka_timestamp_type_t kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    out.time_ms = std::max<std::int64_t>(rd_kafka_message_timestamp(&message, &kind), 0);
    each(out);
    ++read_;
  }

  kafka_settings settings_;
  std::vector<std::string> topics_;
  partition_offsets offsets_;
  std::map<std::string, std::size_t, std::less<>> index_of_;
  unread_partitions unread_;
  std::uint64_t read_ = 0, total_ = 0;
  kafka_handle<rd_kafka_t> client_;
};

}  // namespace

topic_scan_ptr make_kafka_topic_scan(const kafka_settings& settings, std::vector<std::string> topics,
                                     partition_offsets offsets) {
  return std::make_unique<kafka_topic_scan>(settings, std::move(topics), std::move(offsets));
}

}  // namespace matricula
