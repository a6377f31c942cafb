// SPDX-License-Identifier: Apache-2.0
#include "actors/publish/kafka_producer.hpp"

#include "actors/publish/kafka_client.hpp"

#include <map>
#include <utility>

namespace matricula {
namespace {

constexpr int init_timeout_ms = 3'000;  // asked again a few times; a stop must not wait for long
constexpr int commit_timeout_ms = 30'000;
constexpr int last_abort_timeout_ms = 1'000;  // of a producer that goes: the next one's open aborts as well
constexpr int metadata_timeout_ms = 10'000;
constexpr int queue_full_wait_ms = 50;

/// What both producers do: hand messages to librdkafka and count what comes back.
class message_sender {
 public:
  message_sender(const kafka_settings& settings,
                 std::initializer_list<std::pair<std::string_view, std::string>> properties)
      : settings_(settings) {
    auto configuration = kafka_configuration(settings, properties);
    if (!configuration) {
      broken_ = configuration.error();
      return;
    }
    rd_kafka_conf_set_opaque(configuration->get(), this);
    rd_kafka_conf_set_dr_msg_cb(configuration->get(),
                                [](rd_kafka_t*, const rd_kafka_message_t* message, void* self) {
                                  static_cast<message_sender*>(self)->delivered(*message);
                                });
    auto client = kafka_client(RD_KAFKA_PRODUCER, *std::move(configuration));
    if (!client)
      broken_ = client.error();
    else
      client_ = *std::move(client);
  }

  message_sender(const message_sender&) = delete;
  message_sender& operator=(const message_sender&) = delete;

  ~message_sender() {
    if (client_)
      rd_kafka_purge(client_.get(),
                     RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
  }

  rd_kafka_t* client() const { return client_.get(); }
  const failure& broken() const { return broken_; }

  result<done> send(const outgoing_message& message) {
    if (!client_)
      return broken_;
    for (;;) {
      const auto error = offer(message);
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
        return done{};
      if (error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
        return too_large(message.topic, message.key, message.value.size());
      if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL)
        return kafka_failure(settings_, "sending to " + std::string{message.topic}, rd_kafka_err2str(error));
      rd_kafka_poll(client_.get(), queue_full_wait_ms);
    }
  }

  /// Learns where these topics live.
  result<done> meet(const std::vector<std::string>& topics) {
    for (const auto& topic : topics)
      topic_of(topic);
    const rd_kafka_metadata_t* metadata = nullptr;
    const auto error = rd_kafka_metadata(client_.get(), 0, nullptr, &metadata, metadata_timeout_ms);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
      return kafka_failure(settings_, "asking for its topics", rd_kafka_err2str(error));
    rd_kafka_metadata_destroy(metadata);
    return done{};
  }

  /// The first failed delivery since the last call, if any.
  failure take_delivery_failure() { return std::exchange(delivery_failure_, failure{}); }

  /// The last offset of every lane's partition written since the last call.
  std::vector<partition_end> take_ends() {
    std::vector<partition_end> ends;
    for (const auto& [where, offset] : last_offsets_)
      ends.push_back({{rd_kafka_topic_name(where.first), where.second}, offset});
    last_offsets_.clear();
    return ends;
  }

  failure unavailable(std::string_view during, std::string_view why) const {
    return kafka_failure(settings_, during, why);
  }

 private:
  rd_kafka_resp_err_t offer(const outgoing_message& message) {
    auto* topic = topic_of(message.topic);
    rd_kafka_headers_t* headers = nullptr;
    if (!message.source.empty()) {
      const big_endian content_hash{message.content_hash};
      const big_endian revision{message.revision};
      headers = rd_kafka_headers_new(3);
      rd_kafka_header_add(headers, content_hash_header, -1, content_hash.bytes, sizeof content_hash.bytes);
      rd_kafka_header_add(headers, revision_header, -1, revision.bytes, sizeof revision.bytes);
      rd_kafka_header_add(headers, source_header, -1, message.source.data(),
                          static_cast<ssize_t>(message.source.size()));
    }
    // The value is not copied: without RD_KAFKA_MSG_F_COPY librdkafka reads it where it stands until it is
    // delivered.
    const auto partition = message.partition < 0 ? RD_KAFKA_PARTITION_UA : message.partition;
    const auto error = rd_kafka_producev(
        client_.get(), RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(0),
        RD_KAFKA_V_KEY(const_cast<char*>(message.key.data()), message.key.size()),
        RD_KAFKA_V_VALUE(const_cast<char*>(message.value.data()), message.value.size()),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(headers == nullptr ? nullptr : this), RD_KAFKA_V_END);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR && headers != nullptr)
      rd_kafka_headers_destroy(headers);
    return error;
  }

  rd_kafka_topic_t* topic_of(std::string_view name) {
    auto found = topics_.find(name);
    if (found == topics_.end()) {
      const std::string text{name};
      found = topics_.emplace(text, rd_kafka_topic_new(client_.get(), text.c_str(), nullptr)).first;
    }
    return found->second.get();
  }

  /// No outage: the message stays as large however often it is sent.
  failure too_large(std::string_view topic, std::string_view key, std::size_t value_bytes) const {
    constexpr std::size_t shown_bytes_max = 300;
    return {error_code::topic_mismatch,
            "Kafka at " + settings_.bootstrap + " does not take the message of key " +
                std::string{key.substr(0, shown_bytes_max)} + " and " + std::to_string(value_bytes) +
                " bytes into " + std::string{topic} +
                ": message.max.bytes in [kafka.properties] or the topic's max.message.bytes is too small; "
                "matricula check and matricula topics say what they have to be"};
  }

  failure why_undelivered(const rd_kafka_message_t& message) const {
    if (message.err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
      return too_large(rd_kafka_topic_name(message.rkt),
                       {static_cast<const char*>(message.key), message.key_len}, message.len);
    return kafka_failure(settings_, "delivering", rd_kafka_err2str(message.err));
  }

  void delivered(const rd_kafka_message_t& message) {
    if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      // A broker refuses all of a batch for the one that is too large.
      const bool is_larger = message.err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE &&
                             delivery_failure_.code == error_code::topic_mismatch &&
                             message.len > largest_refused_bytes_;
      if (delivery_failure_.code == error_code::none || is_larger) {
        delivery_failure_ = why_undelivered(message);
        largest_refused_bytes_ = message.len;
      }
    } else if (message._private != nullptr) {
      last_offsets_[{message.rkt, message.partition}] = message.offset;
    }
  }

  kafka_settings settings_;
  failure broken_;
  kafka_handle<rd_kafka_t> client_;
  std::map<std::string, kafka_handle<rd_kafka_topic_t>, std::less<>> topics_;  // destroyed before the client
  std::map<std::pair<const rd_kafka_topic_t*, std::int32_t>, std::int64_t> last_offsets_;
  failure delivery_failure_;
  std::size_t largest_refused_bytes_ = 0;  // of delivery_failure_'s message
};

class kafka_transactional_producer final : public transactional_producer {
 public:
  kafka_transactional_producer(const kafka_settings& settings, std::string id,
                               std::vector<std::string> topics)
      : id_(id)
      , topics_(std::move(topics))
      , sender_(settings, {{"transactional.id", std::move(id)},
                           {"enable.idempotence", "true"},
                           {"linger.ms", "5"},
                           {"batch.size", "1000000"},
                           {"queue.buffering.max.messages", "200000"},
                           {"queue.buffering.max.kbytes", "524288"}}) {}

  kafka_transactional_producer(const kafka_transactional_producer&) = delete;
  kafka_transactional_producer& operator=(const kafka_transactional_producer&) = delete;

  /// Readers need not wait for the next owner to see a transaction end; and librdkafka 2.0 aborts the process
  /// (rdkafka_txnmgr.c: txn_req_cnt > 0) if it is destroyed while it tells the coordinator of a partition,
  /// which it no longer does once a transaction is being aborted.
  ~kafka_transactional_producer() override {
    if (in_transaction_)
      kafka_handle<rd_kafka_error_t>{rd_kafka_abort_transaction(sender_.client(), last_abort_timeout_ms)};
  }

  result<done> open() override {
    if (sender_.client() == nullptr)
      return sender_.broken();
    auto opened = outcome("opening transactional.id " + id_,
                          [this] { return rd_kafka_init_transactions(sender_.client(), init_timeout_ms); });
    return opened ? sender_.meet(topics_) : opened;
  }

  result<done> begin() override {
    auto begun =
        outcome("beginning a transaction", [this] { return rd_kafka_begin_transaction(sender_.client()); });
    if (begun)
      in_transaction_ = true;
    return begun;
  }

  result<done> send(const outgoing_message& message) override { return sender_.send(message); }

  result<std::vector<partition_end>> commit() override {
    const auto committed = outcome(
        "committing", [this] { return rd_kafka_commit_transaction(sender_.client(), commit_timeout_ms); });
    auto ends = sender_.take_ends();
    auto undelivered = sender_.take_delivery_failure();
    if (!committed)  // which librdkafka says of all of a transaction when it means one of its messages
      return undelivered.code == error_code::topic_mismatch &&
                     committed.error().code != error_code::publisher_fenced
                 ? undelivered
                 : committed.error();
    in_transaction_ = false;
    if (undelivered.code != error_code::none)
      return undelivered;
    return ends;
  }

  result<done> abort() override {
    auto aborted = outcome(
        "aborting", [this] { return rd_kafka_abort_transaction(sender_.client(), commit_timeout_ms); });
    if (aborted)
      in_transaction_ = false;
    sender_.take_ends();
    sender_.take_delivery_failure();
    return aborted;
  }

 private:
  /// Runs a transactional call until it succeeds or cannot: librdkafka asks for the same call again where it
  /// may help.
  template <class Call>
  result<done> outcome(std::string_view during, Call call) {
    constexpr int tries_max = 3;
    for (int tries = 1;; ++tries) {
      const kafka_handle<rd_kafka_error_t> error{call()};
      if (!error)
        return done{};
      const auto code = rd_kafka_error_code(error.get());
      const char* why = rd_kafka_error_string(error.get());
      if (code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
          code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH)
        return failure{error_code::publisher_fenced,
                       "transactional.id " + id_ + " has a newer owner: " + why};
      if (rd_kafka_error_txn_requires_abort(error.get()) != 0)
        return failure{error_code::transaction_aborted, sender_.unavailable(during, why).text};
      if (rd_kafka_error_is_retriable(error.get()) == 0 || tries == tries_max)
        return sender_.unavailable(during, why);
    }
  }

  std::string id_;
  std::vector<std::string> topics_;
  message_sender sender_;
  bool in_transaction_ = false;
};

class kafka_plain_producer final : public plain_producer {
 public:
  explicit kafka_plain_producer(const kafka_settings& settings)
      : sender_(settings,
                {{"enable.idempotence", "true"}, {"linger.ms", "5"}, {"message.timeout.ms", "30000"}}) {}

  result<done> send(const outgoing_message& message) override { return sender_.send(message); }

  result<done> flush() override {
    if (sender_.client() == nullptr)
      return sender_.broken();
    const auto error = rd_kafka_flush(sender_.client(), commit_timeout_ms);
    auto undelivered = sender_.take_delivery_failure();
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
      return sender_.unavailable("flushing", rd_kafka_err2str(error));
    if (undelivered.code != error_code::none)
      return undelivered;
    return done{};
  }

 private:
  message_sender sender_;
};

}  // namespace

transactional_producer_ptr make_kafka_transactional_producer(const kafka_settings& settings, std::string id,
                                                             std::vector<std::string> topics) {
  return std::make_unique<kafka_transactional_producer>(settings, std::move(id), std::move(topics));
}

plain_producer_ptr make_kafka_plain_producer(const kafka_settings& settings) {
  return std::make_unique<kafka_plain_producer>(settings);
}

}  // namespace matricula
