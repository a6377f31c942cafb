// SPDX-License-Identifier: Apache-2.0
#include "actors/publish/kafka_client.hpp"

#include "actors/subscribe/kafka_consumer.hpp"

#include <gmock/gmock.h>

namespace matricula {
namespace {

std::string value_of(const kafka_handle<rd_kafka_conf_t>& configuration, const char* name) {
  char value[64];
  std::size_t size = sizeof value;
  return rd_kafka_conf_get(configuration.get(), name, value, &size) == RD_KAFKA_CONF_OK ? value : "";
}

class kafka_configuration_test : public ::testing::Test {
 protected:
  kafka_configuration_test() { settings.bootstrap = "127.0.0.1:1"; }

  kafka_settings settings;
};

// A leader that is elected long after the death of the one before is found at once.
TEST_F(kafka_configuration_test, has_it_asked_every_three_seconds_who_leads) {
  const auto made = kafka_configuration(settings, {});
  ASSERT_TRUE(made);
  EXPECT_EQ(value_of(*made, "topic.metadata.refresh.interval.ms"), "3000");
  EXPECT_EQ(value_of(*made, "reconnect.backoff.max.ms"), "1000");
}

TEST_F(kafka_configuration_test, puts_the_topologys_properties_above_its_own_choice) {
  settings.properties["topic.metadata.refresh.interval.ms"] = "60000";
  const auto made = kafka_configuration(settings, {});
  ASSERT_TRUE(made);
  EXPECT_EQ(value_of(*made, "topic.metadata.refresh.interval.ms"), "60000");
}

TEST_F(kafka_configuration_test, puts_what_a_client_needs_above_the_topologys_properties) {
  settings.properties["isolation.level"] = "read_uncommitted";
  const auto made = kafka_configuration(settings, {{"isolation.level", "read_committed"}});
  ASSERT_TRUE(made);
  EXPECT_EQ(value_of(*made, "isolation.level"), "read_committed");
}

TEST_F(kafka_configuration_test, names_the_property_that_is_refused) {
  settings.properties["linger"] = "5";
  const auto made = kafka_configuration(settings, {});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, error_code::topic_mismatch);
  EXPECT_THAT(made.error().text, ::testing::HasSubstr("[kafka.properties] linger"));
}

class kafka_consumer_configuration_test : public kafka_configuration_test {
 protected:
  std::string value_in_it(const char* name) const {
    const auto made = kafka_consumer_configuration(settings, "group", 1U << 20U);
    return made ? value_of(*made, name) : made.error().text;
  }
};

TEST_F(kafka_consumer_configuration_test, has_a_member_that_was_killed_given_up_after_ten_seconds) {
  EXPECT_EQ(value_in_it("session.timeout.ms"), "10000");
  EXPECT_EQ(value_in_it("heartbeat.interval.ms"), "2000");
}

TEST_F(kafka_consumer_configuration_test, takes_the_topologys_word_for_how_long_a_session_lasts) {
  settings.properties["session.timeout.ms"] = "6000";
  settings.properties["heartbeat.interval.ms"] = "500";
  EXPECT_EQ(value_in_it("session.timeout.ms"), "6000");
  EXPECT_EQ(value_in_it("heartbeat.interval.ms"), "500");
}

TEST_F(kafka_consumer_configuration_test, reads_what_is_committed_whatever_the_topology_says) {
  settings.properties["isolation.level"] = "read_uncommitted";
  settings.properties["enable.auto.commit"] = "true";
  EXPECT_EQ(value_in_it("isolation.level"), "read_committed");
  EXPECT_EQ(value_in_it("enable.auto.commit"), "false");
}

// The queue is looked at before a fetch, and an answer would be as large as all of the queue.
TEST(kafka_fetches, fill_with_the_queue_what_may_be_fetched_beforehand) {
  kafka_settings settings;
  settings.bootstrap = "127.0.0.1:1";
  const auto made = kafka_consumer_configuration(settings, "group", 16U << 20U);
  ASSERT_TRUE(made);
  EXPECT_EQ(value_of(*made, "queued.max.messages.kbytes"), "8192");
  EXPECT_EQ(value_of(*made, "fetch.max.bytes"), "8388608");
}

TEST_F(kafka_consumer_configuration_test, lets_an_answer_hold_one_message) {
  EXPECT_EQ(value_in_it("fetch.max.bytes"), "1000000");  // librdkafka's own message.max.bytes
  settings.properties["message.max.bytes"] = "3000000";
  EXPECT_EQ(value_in_it("fetch.max.bytes"), "3000000");
}

TEST_F(kafka_consumer_configuration_test, takes_the_topologys_word_for_how_much_is_fetched_at_once) {
  settings.properties["fetch.max.bytes"] = "4000000";
  EXPECT_EQ(value_in_it("fetch.max.bytes"), "4000000");
}

}  // namespace
}  // namespace matricula
