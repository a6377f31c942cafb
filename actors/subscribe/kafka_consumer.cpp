// SPDX-License-Identifier: Apache-2.0
#include "actors/subscribe/kafka_consumer.hpp"

#include "actors/subscribe/message_memory.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <set>

namespace matricula {
namespace {

using partition_list = kafka_handle<rd_kafka_topic_partition_list_t>;

partition_list list_of(const topic_partition& from, std::int64_t offset = RD_KAFKA_OFFSET_INVALID) {
  partition_list list{rd_kafka_topic_partition_list_new(1)};
  rd_kafka_topic_partition_list_add(list.get(), from.topic.c_str(), from.partition)->offset = offset;
  return list;
}

std::vector<topic_partition> partitions_of(const rd_kafka_topic_partition_list_t& list) {
  std::vector<topic_partition> partitions;
  for (int i = 0; i < list.cnt; ++i)
    partitions.push_back({list.elems[i].topic, list.elems[i].partition});
  return partitions;
}

/// Inside librdkafka, of all partitions; beyond it, or the bytes that are allowed, nothing is fetched.
constexpr std::size_t queued_messages_max = 60'000;

/// A half of what may be fetched and not yet taken. librdkafka looks at its queue before it fetches, and an answer may be
/// as large as all of the queue: the other half is for the one that is under way, from each broker.
constexpr std::size_t queued_bytes_of(std::size_t prefetch_bytes_max) { return prefetch_bytes_max / 2; }

constexpr int ask_timeout_ms = 50, wake_timeout_ms = 1;

constexpr const char* publishes_again =
    "restart the process that runs the source, which publishes again what its lanes have lost";

/// How long a member that leaves waits for what its group has to tell it, and how often it looks whether that has come.
constexpr std::chrono::seconds hear_max{5};
constexpr int hear_again_ms = 100;

constexpr const char* session_timeout_setting = "session.timeout.ms";
/// A member that was killed is given up after this instead of librdkafka's 45 s.
constexpr std::chrono::milliseconds session_timeout_default{10'000};

class kafka_consumer final : public group_consumer {
 public:
  kafka_consumer(const kafka_settings& settings, const std::string& group, std::size_t prefetch_bytes_max)
      : settings_(settings)
      , group_(group)
      , queued_bytes_max_(queued_bytes_of(prefetch_bytes_max)) {
    auto configuration = kafka_consumer_configuration(settings_, group, prefetch_bytes_max);
    if (!configuration) {
      broken_ = configuration.error();
      return;
    }
    rd_kafka_conf_set_opaque(configuration->get(), this);
    rd_kafka_conf_set_rebalance_cb(configuration->get(), &kafka_consumer::rebalanced);
    auto client = kafka_client(RD_KAFKA_CONSUMER, *std::move(configuration));
    if (!client) {
      broken_ = client.error();
      return;
    }
    client_ = *std::move(client);
    rd_kafka_poll_set_consumer(client_.get());
    queue_.reset(rd_kafka_queue_get_consumer(client_.get()));
  }

  ~kafka_consumer() override {
    leave();
    if (queue_)
      rd_kafka_queue_cb_event_enable(queue_.get(), nullptr, nullptr);
    if (may_be_joining())
      abandon();
  }

  void on_ready(std::function<void()> ready) override {
    ready_ = std::move(ready);
    if (!queue_)
      return;
    rd_kafka_queue_cb_event_enable(
        queue_.get(), [](rd_kafka_t*, void* self) { static_cast<kafka_consumer*>(self)->ready_(); }, this);
    ready_();  // librdkafka calls when its queue is no longer empty, which it may not have been
  }

  result<done> subscribe(const std::vector<std::string>& topics) override {
    if (!client_)
      return broken_;
    const partition_list list{rd_kafka_topic_partition_list_new(static_cast<int>(topics.size()))};
    for (const auto& topic : topics)
      rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
    if (const auto error = rd_kafka_subscribe(client_.get(), list.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR)
      return kafka_failure(settings_, "subscribing", rd_kafka_err2str(error));
    subscribed_ = true;
    return done{};
  }

  consumer_event poll() override {
    if (!client_ || left_)
      return {};
    if (!events_.empty())
      return take_event();
    kafka_handle<rd_kafka_message_t> message{rd_kafka_consumer_poll(client_.get(), 0)};
    while (message && message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      read_[place_of(*message)].end = message->offset;
      message.reset(rd_kafka_consumer_poll(client_.get(), 0));
    }
    if (!events_.empty()) {  // a rebalance happened inside poll, which answers no message then
      return take_event();
    }
    if (!message) {
      taken_messages_ = taken_bytes_ = 0;
      return {};
    }
    if (is_out_of_log(message->err) && from_the_first_.erase(place_of(*message)) > 0)
      return begin_where_the_log_does({rd_kafka_topic_name(message->rkt), message->partition});
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
      return problem_of(*message);
    const auto at = place_of(*message);
    from_the_first_.erase(at);
    auto& read = read_[at];
    read.handed_out = message->offset + 1;
    make_room_known(*message);
    consumed_message consumed;
    consumed.from = {rd_kafka_topic_name(message->rkt), message->partition};
    auto& record = consumed.record;
    record.offset = message->offset;
    // Copied, since a message keeps all of the answer that it came in.
    read.memory.make_room(message->key_len + message->len);
    record.key = read.memory.keep({static_cast<const char*>(message->key), message->key_len});
    record.value = read.memory.keep({static_cast<const char*>(message->payload), message->len});
    read_headers(*message, record.content_hash, record.revision);
    consumed.memory = read.memory.portion();
    return consumed;
  }

  result<done> begin(const topic_partition& from, std::int64_t offset) override {
    if (owned_.count(place_of(from)) == 0)
      return failure{error_code::partition_lost,
                     from.topic + "-" + std::to_string(from.partition) + " is another process's"};
    // Not a seek: librdkafka fetches no more of a partition whose offset was refused, wherever it is told to seek. Nor the
    // logical beginning, which librdkafka asks for half a second later if it is not connected to the leader yet.
    if (const auto begun = assign_again(*list_of(from, offset), from); !begun)
      return begun;
    if (offset == 0)
      from_the_first_.insert(place_of(from));
    else
      from_the_first_.erase(place_of(from));
    read_.erase(place_of(from));
    return done{};
  }

  std::int64_t behind(const topic_partition& from, std::int64_t next_offset) const override {
    std::int64_t low = 0, high = 0;
    if (!client_ || rd_kafka_get_watermark_offsets(client_.get(), from.topic.c_str(), from.partition, &low,
                                                   &high) != RD_KAFKA_RESP_ERR_NO_ERROR)
      return 0;
    const auto found = read_.find(place_of(from));
    const auto read = found == read_.end() ? read_so_far{} : found->second;
    high = std::max(high, read.asked_end);
    if (next_offset >= read.handed_out && read.end >= high)
      return 0;
    return std::max<std::int64_t>(0, high - 1 - next_offset);
  }

  void ask_end(const topic_partition& from) override {
    if (client_)
      ask_end(from, ask_timeout_ms);
  }

  void pause(const topic_partition& from) override {
    rd_kafka_pause_partitions(client_.get(), list_of(from).get());
  }
  void resume(const topic_partition& from) override {
    rd_kafka_resume_partitions(client_.get(), list_of(from).get());
  }

  void note_applied(const topic_partition& from, std::int64_t next_offset) override {
    rd_kafka_commit(client_.get(), list_of(from, next_offset).get(), 1 /* asynchronously */);
  }

  void leave() override {
    if (!client_ || left_)
      return;
    left_ = true;
    hear_of_partitions();
    rd_kafka_consumer_close(client_.get());
  }

 private:
  void ask_end(const topic_partition& from, int timeout_ms) {
    const auto list = list_of(from, RD_KAFKA_OFFSET_END);
    // Not rd_kafka_query_watermark_offsets, which would wait for the answer longer than it is told to.
    if (rd_kafka_offsets_for_times(client_.get(), list.get(), timeout_ms) == RD_KAFKA_RESP_ERR_NO_ERROR &&
        list->elems[0].err == RD_KAFKA_RESP_ERR_NO_ERROR && list->elems[0].offset >= 0)
      read_[place_of(from)].asked_end = list->elems[0].offset;
  }

  result<done> assign_again(const rd_kafka_topic_partition_list_t& list, const topic_partition& from) {
    if (reading_.erase(place_of(from)) > 0)
      if (const kafka_handle<rd_kafka_error_t> error{rd_kafka_incremental_unassign(client_.get(), &list)})
        return kafka_failure(settings_, "giving up " + from.topic, rd_kafka_error_string(error.get()));
    // Not afterwards: librdkafka would ask for the partition's beginning once more, and only half a second later.
    resume(from);
    if (const kafka_handle<rd_kafka_error_t> error{rd_kafka_incremental_assign(client_.get(), &list)})
      return kafka_failure(settings_, "taking " + from.topic, rd_kafka_error_string(error.get()));
    reading_.insert(place_of(from));
    return done{};
  }

  static bool is_out_of_log(rd_kafka_resp_err_t error) {
    return error == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || error == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE;
  }

  /// For a site that has read nothing: the first entries are gone, as they are to a site that is new to an old topic.
  consumer_event begin_where_the_log_does(const topic_partition& from) {
    spdlog::warn("kafka {}: {}-{} no longer holds its first entries, of which nothing has come here; "
                 "begins with what it has. If something is missing, {}",
                 group_, from.topic, from.partition, publishes_again);
    if (const auto begun = assign_again(*list_of(from, RD_KAFKA_OFFSET_BEGINNING), from); !begun) {
      consumer_problem problem;
      problem.where = from;
      problem.reason = begun.error();
      return problem;
    }
    return poll();
  }

  /// librdkafka before 2.2 looks but once a second whether its queue has room again, unless the thread of the broker is
  /// woken, as it is by any request. So one is made whenever half a queue has been taken without a pause; its answer, which
  /// comes behind that to the fetch under way, is not waited for.
  void make_room_known(const rd_kafka_message_t& taken) {
    taken_bytes_ += taken.key_len + taken.len;
    if (++taken_messages_ < queued_messages_max / 2 && taken_bytes_ < queued_bytes_max_ / 2)
      return;
    taken_messages_ = taken_bytes_ = 0;
    ask_end({rd_kafka_topic_name(taken.rkt), taken.partition}, wake_timeout_ms);
  }

  /// Of a member that is closed after the group has taken it in, and before it has been told of its partitions, librdkafka
  /// says nothing to the group, which waits for it until its session is over; and it crashes if they come just then, for
  /// it has forgotten the coordinator (its issue 5347). So these are waited for, which takes milliseconds as a rule.
  void hear_of_partitions() {
    const auto deadline = std::chrono::steady_clock::now() + hear_max;
    while (may_be_joining() && is_taken_in() && std::chrono::steady_clock::now() < deadline)
      kafka_handle<rd_kafka_message_t>{rd_kafka_consumer_poll(client_.get(), hear_again_ms)};
  }

  bool is_taken_in() const {
    const std::unique_ptr<char, void (*)(char*)> id{rd_kafka_memberid(client_.get()),
                                                    [](char* text) { rd_kafka_mem_free(nullptr, text); }};
    return id && *id != '\0';
  }

  bool may_be_joining() const { return subscribed_ && !assigned_; }

  /// librdkafka before 2.3 aborts the process (its issue 4312) when a member is destroyed that the group has taken in
  /// but has not assigned anything yet, and does not tell who is such a member. So whoever was
  /// never assigned anything stays, closed and mute, until the process ends: a few threads for each.
  void abandon() {
    rd_kafka_set_log_level(client_.get(), 0);
    static_cast<void>(client_.release());
  }

  using place = std::pair<std::string, std::int32_t>;

  /// Of a partition: offsets, and copies of its messages, its own, lest one that waits keep what others say.
  struct read_so_far {
    std::int64_t handed_out = 0;  ///< after the last message handed out
    std::int64_t end = 0;         ///< where reading has come to an end; Kafka's own entries are before it too
    std::int64_t asked_end = 0;   ///< where the partition ended when the broker was last asked
    message_memory memory;
  };

  static place place_of(const rd_kafka_message_t& message) {
    return {rd_kafka_topic_name(message.rkt), message.partition};
  }
  static place place_of(const topic_partition& from) { return {from.topic, from.partition}; }

  static void rebalanced(rd_kafka_t* client, rd_kafka_resp_err_t what,
                         rd_kafka_topic_partition_list_t* partitions, void* self) {
    auto& consumer = *static_cast<kafka_consumer*>(self);
    const bool given = what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    const auto all = partitions_of(*partitions);
    if (const auto told = given ? consumer.take(all) : consumer.give_up(all); !told) {
      consumer_problem problem;
      problem.reason = told.error();
      consumer.events_.emplace_back(std::move(problem));
    }
    if (given)
      consumer.events_.emplace_back(partitions_assigned{all});
    else
      consumer.events_.emplace_back(partitions_revoked{all});
    // Or poll could go on, and answer a message of before the events that it follows. The last call here: others take it
    // back.
    rd_kafka_yield(client);
  }

  /// Nothing is assigned to librdkafka before the stage has asked its database where to begin: Kafka's own committed
  /// offset is never used, and a partition that is assigned at its beginning until then, paused, may go back there:
  /// librdkafka asks where it is, and once more if the answer comes when the partition has begun elsewhere.
  result<done> take(const std::vector<topic_partition>& partitions) {
    assigned_ = true;
    for (const auto& each : partitions)
      owned_.insert(place_of(each));
    const partition_list none{rd_kafka_topic_partition_list_new(0)};
    if (const kafka_handle<rd_kafka_error_t> error{rd_kafka_incremental_assign(client_.get(), none.get())})
      return kafka_failure(settings_, "rebalancing", rd_kafka_error_string(error.get()));
    return done{};
  }

  result<done> give_up(const std::vector<topic_partition>& partitions) {
    const partition_list read{rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size()))};
    for (const auto& each : partitions) {
      owned_.erase(place_of(each));
      read_.erase(place_of(each));
      if (reading_.erase(place_of(each)) > 0)
        rd_kafka_topic_partition_list_add(read.get(), each.topic.c_str(), each.partition);
    }
    if (const kafka_handle<rd_kafka_error_t> error{rd_kafka_incremental_unassign(client_.get(), read.get())})
      return kafka_failure(settings_, "rebalancing", rd_kafka_error_string(error.get()));
    return done{};
  }

  consumer_event take_event() {
    auto event = std::move(events_.front());
    events_.pop_front();
    return event;
  }

  consumer_event problem_of(const rd_kafka_message_t& message) {
    consumer_problem problem;
    if (message.rkt != nullptr)
      problem.where = {rd_kafka_topic_name(message.rkt), message.partition};
    const char* why = rd_kafka_message_errstr(&message);
    if (is_out_of_log(message.err)) {
      problem.reason = {error_code::offset_out_of_log,
                        problem.where.topic + "-" + std::to_string(problem.where.partition) +
                            ": the topic no longer holds the site's offset: " + why +
                            ". matricula replay T --site S --from beginning goes on with what it has; then " +
                            publishes_again};
    } else {
      problem.reason = kafka_failure(settings_, "reading", why);
      // This client is of no more use, whatever made it so: as a rule another has taken its place in the group, by its
      // group.instance.id.
      if (message.err == RD_KAFKA_RESP_ERR__FATAL)
        problem.reason.code = error_code::partition_lost;
    }
    return problem;
  }

  kafka_settings settings_;
  std::string group_;
  std::size_t queued_bytes_max_;
  std::size_t taken_messages_ = 0, taken_bytes_ = 0;  ///< since the queue was empty, or room was made known
  failure broken_;
  kafka_handle<rd_kafka_t> client_;
  kafka_handle<rd_kafka_queue_t> queue_;
  std::function<void()> ready_ = [] {};
  std::deque<consumer_event> events_;
  std::map<place, read_so_far> read_;
  std::set<place> owned_;           ///< as the group says
  std::set<place> reading_;         ///< of these, what is assigned to librdkafka
  std::set<place> from_the_first_;  ///< begun at offset 0, and nothing was handed out or refused yet
  bool subscribed_ = false, assigned_ = false, left_ = false;
};

}  // namespace

result<kafka_handle<rd_kafka_conf_t>> kafka_consumer_configuration(kafka_settings settings,
                                                                   const std::string& group,
                                                                   std::size_t prefetch_bytes_max) {
  settings.properties.try_emplace(session_timeout_setting, std::to_string(session_timeout_default.count()));
  settings.properties.try_emplace("heartbeat.interval.ms", "2000");
  const auto queued_bytes_max = queued_bytes_of(prefetch_bytes_max);
  limit_fetches(settings, prefetch_bytes_max - queued_bytes_max);
  return kafka_configuration(settings, {{"group.id", group},
                                        // Who has a partition keeps it when others come and go.
                                        {"partition.assignment.strategy", "cooperative-sticky"},
                                        {"isolation.level", "read_committed"},
                                        {"enable.auto.commit", "false"},
                                        {"enable.auto.offset.store", "false"},
                                        {"auto.offset.reset", "error"},
                                        {"enable.partition.eof", "true"},
                                        {"fetch.wait.max.ms", "500"},
                                        {"fetch.message.max.bytes", "8388608"},
                                        {"queued.min.messages", std::to_string(queued_messages_max)},
                                        {"queued.max.messages.kbytes",
                                         std::to_string(std::max<std::size_t>(queued_bytes_max / 1024, 1))}});
}

std::chrono::milliseconds session_timeout_of(const kafka_settings& settings) {
  return milliseconds_of(settings, session_timeout_setting, session_timeout_default);
}

group_consumer_ptr make_kafka_consumer(const kafka_settings& settings, const std::string& group,
                                       std::size_t prefetch_bytes_max) {
  return std::make_unique<kafka_consumer>(settings, group, prefetch_bytes_max);
}

}  // namespace matricula
