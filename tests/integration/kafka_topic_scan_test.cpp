// SPDX-License-Identifier: Apache-2.0
#include "actors/dedup/kafka_topic_scan.hpp"

#include "actors/publish/kafka_topics.hpp"
#include "given_deployment.hpp"
#include "open_transaction.hpp"
#include "tests/faults/topic_reader.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <string>
#include <vector>

namespace matricula {
namespace {

using ::testing::ElementsAre;

/// A lane of one partition, and what a scan of it has handed out.
class kafka_topic_scan_test : public ::testing::Test {
 protected:
  void SetUp() override {
    deployment.write(1);
    const auto all = deployment.load();
    ASSERT_TRUE(create_topics(all, std::chrono::seconds{20}));
    kafka = all.kafka;
  }

  void append(const std::string& key) {
    faults::append(kafka_bootstrap(), deployment.lane(), {0, 0, key, "value", 1, 1});
  }

  /// Whether there is more.
  bool read(topic_scan& scan) {
    const auto more =
        scan.next(100, [&](const scanned_message& message) { keys.emplace_back(message.record.key); });
    EXPECT_TRUE(more) << more.error().text;
    return more && *more;
  }

  given_deployment deployment;
  kafka_settings kafka;
  std::vector<std::string> keys;
};

TEST_F(kafka_topic_scan_test, waits_for_a_transaction_that_is_not_over) {
  append("before");
  open_transaction page{kafka, deployment.lane()};
  append("behind");
  const auto scan = make_kafka_topic_scan(kafka, {deployment.lane()});
  EXPECT_TRUE(read(*scan));
  EXPECT_TRUE(read(*scan)) << "it lets its caller do something else";
  EXPECT_THAT(keys, ElementsAre("before"));
  page.abort();
  while (read(*scan)) {
  }
  EXPECT_THAT(keys, ElementsAre("before", "behind"));
}

TEST_F(kafka_topic_scan_test, hands_out_what_is_committed_while_it_reads) {
  open_transaction page{kafka, deployment.lane()};
  append("behind");
  const auto scan = make_kafka_topic_scan(kafka, {deployment.lane()});
  EXPECT_TRUE(read(*scan));
  page.commit();
  while (read(*scan)) {
  }
  EXPECT_THAT(keys, ElementsAre("page", "behind"));
}

}  // namespace
}  // namespace matricula
