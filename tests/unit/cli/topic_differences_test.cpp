// SPDX-License-Identifier: Apache-2.0
#include "actors/publish/kafka_topics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace matricula {
namespace {

using ::testing::HasSubstr;

topology given_topology() {
  topology all;
  all.kafka.partitions = 6;
  all.kafka.replication = 3;
  all.kafka.topic_properties = {{"min.insync.replicas", "2"}, {"segment.ms", "86400000"}};
  all.lanes = {{"ESO", "46", "itaca", "ESO-46"}, {"FP", "46", "itaca", "FP-46"}};
  return all;
}

/// The first lane's topic, and Kafka as it should be.
struct lane_topic {
  planned_topic planned = topics_of(given_topology()).front();
  existing_topic found{6,
                       3,
                       3,
                       {{"cleanup.policy", "compact"},
                        {"min.insync.replicas", "2"},
                        {"segment.ms", "86400000"},
                        {"retention.ms", "604800000"}}};

  std::vector<topic_difference> differences() const {
    return differences_of(planned, found, "kafka:9092", "my.toml");
  }
};

TEST(topics_of_a_topology, are_the_lanes_and_three_of_its_own) {
  const auto topics = topics_of(given_topology());
  ASSERT_EQ(topics.size(), 5U);
  EXPECT_EQ(topics[0].name, "ESO-46");
  EXPECT_EQ(topics[1].name, "FP-46");
  EXPECT_EQ(topics[2].name, "matricula.cursors");
  EXPECT_EQ(topics[3].name, "matricula.quarantine");
  EXPECT_EQ(topics[4].name, "matricula.outcomes");
  for (const auto& topic : topics) {
    EXPECT_EQ(topic.replication, 3);
    EXPECT_EQ(topic.settings.at("cleanup.policy"), "compact");
    EXPECT_EQ(topic.settings.at("min.insync.replicas"), "2");
  }
  EXPECT_EQ(topics[0].partitions, 6);
  EXPECT_EQ(topics[0].settings.at("segment.ms"), "86400000");
  EXPECT_EQ(topics[2].partitions, 1);
  EXPECT_EQ(topics[2].settings.count("segment.ms"), 0U);
}

TEST(topic_differences, none_where_all_is_as_planned) { EXPECT_TRUE(lane_topic{}.differences().empty()); }

TEST(topic_differences, a_missing_topic_can_be_created) {
  const auto differences = differences_of(lane_topic{}.planned, std::nullopt, "kafka:9092", "my.toml");
  ASSERT_EQ(differences.size(), 1U);
  EXPECT_TRUE(differences[0].missing);
  EXPECT_EQ(differences[0].mend, "matricula topics my.toml --create makes it");
}

TEST(topic_differences, too_few_and_too_many_partitions_of_a_lane_both_count) {
  for (const auto partitions : {5, 7}) {
    lane_topic topic;
    topic.found.partitions = partitions;
    const auto differences = topic.differences();
    ASSERT_EQ(differences.size(), 1U);
    EXPECT_FALSE(differences[0].missing);
    EXPECT_EQ(differences[0].what, "has " + std::to_string(partitions) + " partitions, not 6");
    EXPECT_THAT(differences[0].mend, HasSubstr("write partitions = " + std::to_string(partitions)));
    EXPECT_THAT(differences[0].mend,
                HasSubstr("kafka-topics.sh --bootstrap-server kafka:9092 --delete --topic ESO-46 and"));
  }
}

TEST(topic_differences, outcomes_may_have_more_partitions_and_cursors_may_not) {
  const auto topics = topics_of(given_topology());
  const existing_topic found{2, 3, 3, {{"cleanup.policy", "compact"}, {"min.insync.replicas", "2"}}};
  EXPECT_EQ(differences_of(topics[2], found, "kafka:9092", "my.toml").size(), 1U);
  EXPECT_EQ(differences_of(topics[4], found, "kafka:9092", "my.toml").size(), 0U);
}

TEST(topic_differences, replicas_of_every_partition_count) {
  lane_topic topic;
  topic.found.replicas_min = 2;
  const auto differences = topic.differences();
  ASSERT_EQ(differences.size(), 1U);
  EXPECT_EQ(differences[0].what, "has 2 replicas to 3, not 3");
  EXPECT_THAT(differences[0].mend, HasSubstr("kafka-reassign-partitions.sh --bootstrap-server kafka:9092"));
}

TEST(topic_differences, settings_are_compared_with_their_words) {
  lane_topic topic;
  topic.found.settings["cleanup.policy"] = "delete";
  topic.found.settings.erase("segment.ms");
  const auto differences = topic.differences();
  ASSERT_EQ(differences.size(), 2U);
  EXPECT_EQ(differences[0].what, "cleanup.policy is delete, not compact");
  EXPECT_EQ(differences[0].mend, "kafka-configs.sh --bootstrap-server kafka:9092 --alter --topic ESO-46 "
                                 "--add-config cleanup.policy=compact");
  EXPECT_EQ(differences[1].what, "segment.ms is unknown, not 86400000");
}

TEST(topic_differences, a_topic_must_take_the_largest_record_allowed_and_may_take_more) {
  auto all = given_topology();
  all.limits.record_bytes_max = 5'000'000;
  lane_topic topic;
  topic.planned = topics_of(all).front();
  topic.found.settings["max.message.bytes"] = "1048588";
  const auto differences = topic.differences();
  ASSERT_EQ(differences.size(), 1U);
  EXPECT_EQ(differences[0].what,
            "max.message.bytes is 1048588, less than 5016384, which a record of record_bytes_max may need");
  EXPECT_EQ(differences[0].mend, "kafka-configs.sh --bootstrap-server kafka:9092 --alter --topic ESO-46 "
                                 "--add-config max.message.bytes=5016384");
  topic.found.settings["max.message.bytes"] = "6000000";
  EXPECT_TRUE(topic.differences().empty());
}

TEST(a_brokers_death, is_no_problem_where_it_is_missed_in_time) {
  using std::chrono::milliseconds;
  EXPECT_FALSE(broker_death_problem({3, milliseconds{4'500}}, milliseconds{10'000}));
  EXPECT_FALSE(broker_death_problem({3, milliseconds{5'000}}, milliseconds{10'000}));
  EXPECT_FALSE(broker_death_problem({1, milliseconds{9'000}}, milliseconds{10'000}))
      << "nobody takes its place";
  EXPECT_FALSE(broker_death_problem({3, {}}, milliseconds{10'000})) << "it does not say";
  const auto problem = broker_death_problem({3, milliseconds{9'000}}, milliseconds{10'000});
  ASSERT_TRUE(problem);
  EXPECT_THAT(*problem, HasSubstr("missed after 9000 ms (broker.session.timeout.ms)"));
  EXPECT_THAT(*problem, HasSubstr("after 10000 (session.timeout.ms)"));
}

}  // namespace
}  // namespace matricula
