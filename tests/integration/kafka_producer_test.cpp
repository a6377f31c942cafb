// SPDX-License-Identifier: Apache-2.0
#include "actors/publish/kafka_producer.hpp"

#include "actors/publish/kafka_topics.hpp"
#include "given_deployment.hpp"
#include "hesitant_broker.hpp"
#include "messages/enrolment.hpp"
#include "open_connections.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <iostream>
#include <stdexcept>
#include <thread>

namespace matricula {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;

/// A lane of one partition and producers of one transactional.id.
class kafka_producer_test : public ::testing::Test {
 protected:
  void SetUp() override {
    deployment.write(1);
    loaded = deployment.load();
    ASSERT_TRUE(create_topics(*loaded, seconds{20}));
  }

  /// Opened as a publisher does it: where Kafka is late, by another try of a new one.
  transactional_producer_ptr opened() {
    const auto deadline = steady_clock::now() + seconds{60};
    for (;;) {
      auto producer =
          make_kafka_transactional_producer(loaded->kafka, deployment.lane(), {deployment.lane()});
      const auto open = producer->open();
      if (open)
        return producer;
      if (steady_clock::now() > deadline)
        throw std::runtime_error{open.error().text};
      std::cerr << open.error().text << '\n';
    }
  }

  given_deployment deployment;
  std::optional<topology> loaded;
};

TEST_F(kafka_producer_test, gives_up_a_connection_that_nobody_acknowledges) {
  const auto producer = opened();
  const auto connections = connections_to(kafka_bootstrap());
  EXPECT_FALSE(connections.empty());
  for (const int connection : connections)
    EXPECT_EQ(tcp_option(connection, TCP_USER_TIMEOUT), 10'000);
}

TEST_F(kafka_producer_test, may_be_destroyed_anywhere_in_a_transaction) {
  constexpr int deaths = 100;
  for (int death = 0; death < deaths; ++death) {
    const auto producer = opened();
    const auto begun = producer->begin();
    ASSERT_TRUE(begun) << begun.error().text;
    const auto sent = producer->send({deployment.lane(), 0, "key", "value", "itaca", 1, 1});
    ASSERT_TRUE(sent) << sent.error().text;
    // Within two milliseconds librdkafka tells the coordinator of the partition.
    const auto end = steady_clock::now() + microseconds{20 * death};
    while (steady_clock::now() < end) {
    }
  }
}

TEST_F(kafka_producer_test, sends_the_largest_record_allowed_with_the_longest_key) {
  const auto producer = opened();
  const std::string key(4 * (2 * key_part_bytes_max + 1) + 30, '~'),
      record(loaded->limits.record_bytes_max, 'x');
  ASSERT_TRUE(producer->begin());
  const auto sent = producer->send({deployment.lane(), 0, key, record, std::string(60, 's'), 1, 1});
  ASSERT_TRUE(sent) << sent.error().text;
  const auto committed = producer->commit();
  EXPECT_TRUE(committed) << committed.error().text;
}

TEST_F(kafka_producer_test, names_the_message_that_it_cannot_send) {
  loaded->kafka.properties["message.max.bytes"] = "2000";
  const auto producer = opened();
  const std::string large(2'000, 'x');
  ASSERT_TRUE(producer->begin());
  const auto sent = producer->send({deployment.lane(), 0, "2026/46012345/of_one", large, "itaca", 1, 1});
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, error_code::topic_mismatch);
  EXPECT_THAT(sent.error().text, HasSubstr("2026/46012345/of_one and 2000 bytes into " + deployment.lane()));
}

TEST_F(kafka_producer_test, names_the_message_that_its_topic_does_not_take) {
  const given_deployment small;
  auto all = small.load();
  all.kafka.topic_properties["max.message.bytes"] = "2000";
  ASSERT_TRUE(create_topics(all, seconds{20}));
  const auto producer = opened();
  const auto lane = small.lane();
  const std::string large(5'000, 'x');
  ASSERT_TRUE(producer->begin());
  // It refuses the whole of a batch, so these, too, which are small enough.
  ASSERT_TRUE(producer->send({lane, 0, "2026/46012345/of_another", "x", "itaca", 1, 1}));
  const auto sent = producer->send({lane, 0, "2026/46012345/of_one", large, "itaca", 1, 1});
  ASSERT_TRUE(producer->send({lane, 0, "2026/46012345/of_a_third", "x", "itaca", 1, 1}));
  ASSERT_TRUE(sent) << sent.error().text;
  const auto committed = producer->commit();
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().code, error_code::topic_mismatch) << committed.error().text;
  EXPECT_THAT(committed.error().text, HasSubstr("2026/46012345/of_one and 5000 bytes into "));
}

// The process is lost if a partition is registered as the producer is being destroyed, within microseconds that the test
// above tries to hit. None is registered once the transaction is being aborted, and that can be seen.
TEST_F(kafka_producer_test, aborts_its_transaction_when_it_goes_though_the_coordinator_is_slow) {
  const hesitant_broker broker{loaded->kafka, deployment.lane()};
  auto producer =
      make_kafka_transactional_producer(broker.settings(), deployment.lane(), {deployment.lane()});
  const auto open = producer->open();
  ASSERT_TRUE(open) << open.error().text;
  constexpr seconds hesitation{10};
  broker.hesitates_at(add_partitions_to_txn, hesitation);
  broker.hesitates_at(end_txn, milliseconds{1});
  ASSERT_TRUE(producer->begin());
  ASSERT_TRUE(producer->send({deployment.lane(), 0, "key", "value", "itaca", 1, 1}));
  for (const auto deadline = steady_clock::now() + seconds{20}; !broker.has_had(add_partitions_to_txn);) {
    ASSERT_LT(steady_clock::now(), deadline);
    std::this_thread::yield();
  }
  EXPECT_FALSE(broker.has_had(end_txn));
  const auto gone_from = steady_clock::now();
  producer.reset();
  EXPECT_TRUE(broker.has_had(end_txn));
  EXPECT_LT(steady_clock::now() - gone_from, hesitation);
}

}  // namespace
}  // namespace matricula
