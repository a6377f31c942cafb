// SPDX-License-Identifier: Apache-2.0
#include "actors/dedup/kafka_topic_scan.hpp"

#include "actors/dedup/unread_partitions.hpp"
#include "actors/publish/kafka_client.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

namespace matricula {
namespace {

constexpr std::chrono::milliseconds metadata_timeout{10'000};
constexpr int poll_timeout_ms = 1'000;
constexpr std::chrono::seconds silence_max{30};
/// librdkafka's own.
constexpr std::chrono::milliseconds transaction_timeout_default{60'000};
/// librdkafka before 2.2 looks but once a second whether its queue has room again: it has to hold what is taken meanwhile.
constexpr std::size_t queued_bytes_max = 64U << 20U;
/// It looks at its queue before it asks, so that one answer may come on top of a full one.
constexpr std::size_t answer_bytes_max = 16U << 20U;

topic_partition place_of(const rd_kafka_message_t& message) {
  return {rd_kafka_topic_name(message.rkt), message.partition};
}

/// How long a transaction whose producer has died may hold back what was written behind it: Kafka looks every ten seconds
/// which ones have been open for too long.
std::chrono::milliseconds held_back_max_of(const kafka_settings& settings) {
  return milliseconds_of(settings, "transaction.timeout.ms", transaction_timeout_default) + silence_max;
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
    auto seen_at = std::chrono::steady_clock::now();
    for (std::size_t count = 0; count < messages_max && !unread_.empty();) {
      const kafka_handle<rd_kafka_message_t> message{rd_kafka_consumer_poll(client_.get(), poll_timeout_ms)};
      const auto now = std::chrono::steady_clock::now();
      silent_for_ += now - std::exchange(seen_at, now);
      const bool nothing = !message || tells_of_no_broker(message->err);
      if (!nothing && message->err != RD_KAFKA_RESP_ERR_NO_ERROR &&
          message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
        return kafka_failure(settings_, "reading topics", rd_kafka_message_errstr(message.get()));
      if (!nothing && advances(*message))
        silent_for_ = {};
      else if (silent_for_ > (held_back_ ? held_back_max_of(settings_) : silence_max))
        return gone_silent();
      if (nothing)
        return true;
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        hand_out(*message, each);
        ++count;
      }
    }
    return !unread_.empty();
  }

  std::uint64_t messages_read() const override { return read_; }
  std::uint64_t messages_total() const override { return total_; }

 private:
  /// librdkafka connects again.
  static bool tells_of_no_broker(rd_kafka_resp_err_t error) {
    return error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || error == RD_KAFKA_RESP_ERR__TRANSPORT;
  }

  /// Whether a partition that is not read to its end has come further. One that is may go on, which nobody waits for.
  bool advances(const rd_kafka_message_t& message) {
    const bool at_end = message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
    const auto reached = unread_.reach(place_of(message), at_end ? message.offset : message.offset + 1);
    held_back_ = held_back_ || (at_end && reached == false);
    return reached && (*reached || !at_end);
  }

  failure gone_silent() const {
    const auto silence = std::chrono::floor<std::chrono::seconds>(silent_for_);
    return kafka_failure(settings_, "reading topics",
                         "no message for " + std::to_string(silence.count()) +
                             " s, nor the end that there was" +
                             (held_back_ ? "; a transaction that is not over may hold it back" : ""));
  }

  /// Who asks where a partition ends. A reader of what is committed is told where the first transaction begins that is not
  /// over, and would leave out what others have committed behind it.
  result<kafka_handle<rd_kafka_t>> asking_client() const {
    auto configuration = kafka_configuration(settings_, {{"isolation.level", "read_uncommitted"}});
    if (!configuration)
      return configuration.error();
    auto client = kafka_client(RD_KAFKA_CONSUMER, *std::move(configuration));
    if (!client)
      return client;
    if (const auto met = ask_partition_counts(client->get(), settings_, metadata_timeout); !met)
      return met.error();
    return client;
  }

  result<done> open() {
    auto settings = settings_;
    limit_fetches(settings, answer_bytes_max);
    auto configuration = kafka_configuration(
        settings, {{"group.id", "matricula.scan"},  // required, never joined
                   {"isolation.level", "read_committed"},
                   {"enable.auto.commit", "false"},
                   {"enable.partition.eof", "true"},
                   {"auto.offset.reset", "earliest"},
                   // A topic that ends in a control message is known to end only when
                   // the broker has waited this long for more.
                   {"fetch.wait.max.ms", "10"},
                   {"fetch.message.max.bytes", "8388608"},
                   {"queued.max.messages.kbytes", std::to_string(queued_bytes_max / 1024)}});
    if (!configuration)
      return configuration.error();
    auto client = kafka_client(RD_KAFKA_CONSUMER, *std::move(configuration));
    if (!client)
      return client.error();
    rd_kafka_poll_set_consumer(client->get());

    const auto partitions = ask_partition_counts(client->get(), settings_, metadata_timeout);
    if (!partitions)
      return partitions.error();
    const auto asking = asking_client();
    if (!asking)
      return asking.error();

    const kafka_handle<rd_kafka_topic_partition_list_t> list{rd_kafka_topic_partition_list_new(16)};
    for (std::size_t i = 0; i < topics_.size(); ++i) {
      const auto found = partitions->find(topics_[i]);
      if (found == partitions->end() || found->second == 0)
        return failure{error_code::topic_mismatch,
                       "topic " + topics_[i] + " does not exist: matricula topics T --create makes it"};
      index_of_[topics_[i]] = i;
      for (int partition = 0; partition < found->second; ++partition) {
        const auto held = ask_held_offsets(asking->get(), settings_, topics_[i], partition, metadata_timeout);
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
  std::chrono::steady_clock::duration silent_for_{};
  bool held_back_ = false;  ///< a partition was said to end before the end that there was
  kafka_handle<rd_kafka_t> client_;
};

}  // namespace

topic_scan_ptr make_kafka_topic_scan(const kafka_settings& settings, std::vector<std::string> topics,
                                     partition_offsets offsets) {
  return std::make_unique<kafka_topic_scan>(settings, std::move(topics), std::move(offsets));
}

}  // namespace matricula
