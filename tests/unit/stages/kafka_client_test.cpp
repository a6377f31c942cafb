// SPDX-License-Identifier: Apache-2.0
#include "actors/publish/kafka_client.hpp"

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

}  // namespace
}  // namespace matricula
