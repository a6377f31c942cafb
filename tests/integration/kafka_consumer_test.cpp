// SPDX-License-Identifier: Apache-2.0
#include "actors/subscribe/kafka_consumer.hpp"

#include "actors/publish/kafka_producer.hpp"
#include "actors/publish/kafka_topics.hpp"
#include "given_deployment.hpp"
#include "hesitant_broker.hpp"
#include "tests/faults/topic_reader.hpp"
#include "tests/kept_log.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <numeric>
#include <thread>
#include <utility>

namespace matricula {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr std::size_t prefetch_bytes_max = 1U << 20U;

/// A lane of one partition, a producer that writes to it and a consumer that is told when to poll.
class kafka_consumer_test : public ::testing::Test {
 protected:
  void SetUp() override {
    deployment.write(1);
    const auto topology = deployment.load();
    ASSERT_TRUE(create_topics(topology, seconds{20}));
    producer = make_kafka_transactional_producer(topology.kafka, deployment.lane(), {deployment.lane()});
    const auto opened = producer->open();
    ASSERT_TRUE(opened) << opened.error().text;
    consumer = make_kafka_consumer(topology.kafka, deployment.lane(), prefetch_bytes_max);
    be_called();
    ASSERT_TRUE(consumer->subscribe({deployment.lane()}));
  }

  void be_called() {
    consumer->on_ready([this] {
      const std::lock_guard lock{mutex};
      ready = true;
      called.notify_one();
    });
  }
  /// Whether it was called since this was asked last.
  bool was_called() {
    const std::lock_guard lock{mutex};
    return std::exchange(ready, false);
  }

  void send(int messages) {
    ASSERT_TRUE(producer->begin());
    for (int i = 0; i < messages; ++i)
      ASSERT_TRUE(producer->send({deployment.lane(), 0, "key", "value", "itaca", 1, 1}));
  }
  void publish(int messages) {
    send(messages);
    const auto committed = producer->commit();
    ASSERT_TRUE(committed) << committed.error().text;
  }

  /// In the lane, with markers, whatever becomes of their transaction.
  std::int64_t messages_stored() const {
    const auto settings = deployment.load().kafka;
    auto configuration = kafka_configuration(settings, {{"isolation.level", "read_uncommitted"}});
    const auto client = kafka_client(RD_KAFKA_CONSUMER, *std::move(configuration));
    const auto held = ask_held_offsets(client->get(), settings, deployment.lane(), 0, seconds{1});
    return held ? held->end : 0;
  }

  /// Polls, waiting in between to be called, until `enough` says so; false after twenty seconds.
  template <class Enough>
  bool poll_until(Enough enough) {
    const auto deadline = steady_clock::now() + seconds{20};
    for (;;) {
      for (auto event = consumer->poll(); event.index() != 0; event = consumer->poll()) {
        if (const auto* message = std::get_if<consumed_message>(&event)) {
          if (message->record.offset >= from)  // some from before a seek may still come
            offsets.push_back(message->record.offset);
        } else if (std::holds_alternative<partitions_assigned>(event)) {
          assigned = true;
        } else if (const auto* problem = std::get_if<consumer_problem>(&event)) {
          out_of_log = problem->reason.code == error_code::offset_out_of_log;
          EXPECT_TRUE(out_of_log && out_of_log_wanted) << problem->reason.text;
          EXPECT_THAT(problem->reason.text, testing::HasSubstr("restart the process that runs the source"));
        }
      }
      if (enough())
        return true;
      if (steady_clock::now() > deadline)
        return false;
      std::unique_lock lock{mutex};
      called.wait_for(lock, milliseconds{100}, [this] { return ready; });
      ready = false;
    }
  }
  bool poll_until_read(std::size_t messages) {
    return poll_until([&] { return offsets.size() >= messages; });
  }

  given_deployment deployment;
  topic_partition where{deployment.lane(), 0};
  transactional_producer_ptr producer;
  std::mutex mutex;
  std::condition_variable called;
  bool ready = false, assigned = false, out_of_log_wanted = false, out_of_log = false;
  std::int64_t from = 0;
  std::vector<std::int64_t> offsets;
  group_consumer_ptr consumer;  // goes first: it calls
};

TEST_F(kafka_consumer_test, hands_out_nothing_before_it_is_told_where_to_begin) {
  publish(3);
  ASSERT_TRUE(poll_until([this] { return assigned; }));
  EXPECT_TRUE(offsets.empty());
  from = 1;
  ASSERT_TRUE(poll_until([this] { return static_cast<bool>(consumer->begin(where, 1)); }));
  ASSERT_TRUE(poll_until_read(2));
  EXPECT_EQ(offsets, (std::vector<std::int64_t>{1, 2}));
}

TEST_F(kafka_consumer_test, calls_at_once_who_asks_when_messages_are_there_already) {
  ASSERT_TRUE(poll_until([this] { return assigned; }));
  ASSERT_TRUE(poll_until([this] { return static_cast<bool>(consumer->begin(where, 0)); }));
  publish(1);
  ASSERT_TRUE(poll_until_read(1));
  do {
    was_called();
    while (consumer->poll().index() != 0) {
    }
  } while (was_called());
  publish(1);
  {
    std::unique_lock lock{mutex};
    ASSERT_TRUE(called.wait_for(lock, seconds{20}, [this] { return ready; }));
    ready = false;
  }
  // librdkafka, whose queue is not empty since, would not call.
  be_called();
  EXPECT_TRUE(was_called());
}

TEST_F(kafka_consumer_test, tells_how_many_entries_are_not_applied_yet) {
  publish(5);  // and the transaction's end at 5
  ASSERT_TRUE(poll_until([this] { return assigned; }));
  ASSERT_TRUE(poll_until([this] { return static_cast<bool>(consumer->begin(where, 0)); }));
  ASSERT_TRUE(poll_until_read(5));
  EXPECT_EQ(consumer->behind(where, 0), 5);
  EXPECT_EQ(consumer->behind(where, 3), 2);
  EXPECT_EQ(consumer->behind(where, 5), 0);

  consumer->pause(where);
  publish(3);
  // It asks for 50 ms at most. The first transaction's end counts, the last one's does not.
  EXPECT_TRUE(poll_until([&] {
    consumer->ask_end(where);
    return consumer->behind(where, 5) == 4;
  }));
  consumer->resume(where);
  ASSERT_TRUE(poll_until_read(8));
  EXPECT_EQ(consumer->behind(where, 9), 0);
}

TEST_F(kafka_consumer_test, goes_on_after_an_offset_that_the_topic_does_not_hold) {
  publish(5);
  ASSERT_TRUE(poll_until([this] { return assigned; }));
  from = 100;
  out_of_log_wanted = true;
  ASSERT_TRUE(poll_until([this] { return static_cast<bool>(consumer->begin(where, 100)); }));
  ASSERT_TRUE(poll_until([this] { return out_of_log; }));
  from = 3;
  ASSERT_TRUE(poll_until([this] { return static_cast<bool>(consumer->begin(where, 3)); }));
  ASSERT_TRUE(poll_until_read(2));
  EXPECT_EQ(offsets, (std::vector<std::int64_t>{3, 4}));
}

TEST_F(kafka_consumer_test, says_so_when_the_topic_has_lost_what_comes_next) {
  publish(3);
  ASSERT_TRUE(poll_until([this] { return assigned; }));
  ASSERT_TRUE(poll_until([this] { return static_cast<bool>(consumer->begin(where, 0)); }));
  ASSERT_TRUE(poll_until_read(3));
  consumer->pause(where);
  publish(2);
  faults::topic_reader{deployment.load().kafka.bootstrap}.delete_all(deployment.lane());
  out_of_log_wanted = true;
  consumer->resume(where);
  EXPECT_TRUE(poll_until([this] { return out_of_log; }));
}

TEST_F(kafka_consumer_test, begins_at_the_first_that_the_topic_still_holds_and_logs_it) {
  const kept_log log;
  publish(3);
  faults::topic_reader{deployment.load().kafka.bootstrap}.delete_all(deployment.lane());
  publish(2);
  ASSERT_TRUE(poll_until([this] { return assigned; }));
  ASSERT_TRUE(poll_until([this] { return static_cast<bool>(consumer->begin(where, 0)); }));
  ASSERT_TRUE(poll_until_read(2));
  EXPECT_EQ(offsets, (std::vector<std::int64_t>{4, 5}));
  consumer.reset();  // who logs, too
  producer.reset();
  EXPECT_NE(log.text().find("no longer holds its first entries"), std::string::npos) << log.text();
}

TEST_F(kafka_consumer_test, may_be_destroyed_anywhere_while_it_joins) {
  const auto settings = deployment.load().kafka;
  constexpr int deaths = 60;
  for (int death = 0; death < deaths; ++death) {
    auto member =
        make_kafka_consumer(settings, deployment.lane() + std::to_string(death), prefetch_bytes_max);
    ASSERT_TRUE(member->subscribe({deployment.lane()}));
    // Within some thirty milliseconds it has been taken in and assigned its partition.
    const auto end = steady_clock::now() + microseconds{500 * death};
    while (steady_clock::now() < end)
      std::this_thread::yield();
  }
}

TEST_F(kafka_consumer_test, is_not_behind_what_was_never_committed) {
  publish(1);
  ASSERT_TRUE(poll_until([this] { return assigned; }));
  ASSERT_TRUE(poll_until([this] { return static_cast<bool>(consumer->begin(where, 0)); }));
  ASSERT_TRUE(poll_until_read(1));
  send(2);
  // librdkafka may otherwise end the transaction before it has begun at the broker, which refuses that (issue 4849).
  ASSERT_TRUE(poll_until([this] { return messages_stored() > 1 + 1; }));
  const auto aborted = producer->abort();
  ASSERT_TRUE(aborted) << aborted.error().text;
  consumer->ask_end(where);
  EXPECT_TRUE(poll_until([this] { return consumer->behind(where, 1) == 0; }));
  EXPECT_EQ(offsets.size(), 1U);
}

TEST_F(kafka_consumer_test, leaves_a_group_that_is_about_to_tell_it_of_its_partitions) {
  const hesitant_broker broker{deployment.load().kafka, where.topic};
  broker.hesitates_at(sync_group, seconds{2});
  group_consumer_ptr leaver;
  // librdkafka's stand-in for a broker was seen, once in some thousands, to let a member wait that joins.
  constexpr int attempts = 3;
  for (int attempt = 0; attempt < attempts && !broker.has_had(sync_group); ++attempt) {
    leaver.reset();
    if (broker.has_had(leave_group))
      broker.hesitates_at(leave_group, milliseconds{1});
    leaver = make_kafka_consumer(broker.settings(), deployment.lane(), prefetch_bytes_max);
    ASSERT_TRUE(leaver->subscribe({deployment.lane()}));
    poll_until([&] { return broker.has_had(sync_group); });
  }
  ASSERT_TRUE(broker.has_had(sync_group));
  EXPECT_FALSE(broker.has_had(leave_group));
  leaver.reset();
  EXPECT_TRUE(broker.has_had(leave_group));
}

// librdkafka asks where a partition begins once more, half a second after an answer that came too late.
TEST_F(kafka_consumer_test, reads_on_in_order_though_the_partitions_beginning_is_told_late) {
  constexpr int messages = 10;
  const hesitant_broker broker{deployment.load().kafka, where.topic};
  broker.hesitates_at(list_offsets, milliseconds{300});
  const auto append = [&] {
    faults::append(broker.settings().bootstrap, where.topic, {0, 0, "key", "value", 1, 1});
  };
  for (int i = 0; i < messages; ++i)
    append();
  consumer = make_kafka_consumer(broker.settings(), deployment.lane(), prefetch_bytes_max);
  ASSERT_TRUE(consumer->subscribe({deployment.lane()}));
  ASSERT_TRUE(poll_until([this] { return assigned; }));
  constexpr std::int64_t begin_at = 5;
  ASSERT_TRUE(consumer->begin(where, begin_at));
  ASSERT_TRUE(poll_until_read(messages - begin_at));

  constexpr milliseconds watched{1'500}, pause{100};
  std::size_t expected = messages - begin_at;
  for (const auto end = steady_clock::now() + watched; steady_clock::now() < end;) {
    append();
    ASSERT_TRUE(poll_until_read(++expected));
    std::this_thread::sleep_for(pause);
  }
  std::vector<std::int64_t> in_order(expected);
  std::iota(in_order.begin(), in_order.end(), begin_at);
  EXPECT_EQ(offsets, in_order);
}

}  // namespace
}  // namespace matricula
