// SPDX-License-Identifier: Apache-2.0
#include "actors/publish/kafka_topics.hpp"
#include "cli/command.hpp"
#include "cli/topics.hpp"
#include "given_deployment.hpp"
#include "open_connections.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <librdkafka/rdkafka_mock.h>

#include <future>

namespace matricula {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr milliseconds wait{20'000};

class topics_test : public ::testing::Test {
 protected:
  int topics(bool create = false) {
    out.str("");
    errors.str("");
    return compare_or_create_topics(deployment.file(), create, wait, deployment.environment(), out, errors);
  }

  std::vector<topic_difference> differences() {
    auto found = compare_topics(deployment.load(), "my.toml", wait);
    EXPECT_TRUE(found) << found.error().text;
    return found ? *found : std::vector<topic_difference>{};
  }

  given_deployment deployment;
  std::ostringstream out, errors;
};

TEST_F(topics_test, what_is_missing_is_created_once) {
  EXPECT_EQ(differences().size(), 5U);
  EXPECT_EQ(topics(), exit_failed);
  EXPECT_THAT(out.str(), HasSubstr(deployment.lane() + "  "));
  EXPECT_THAT(out.str(), HasSubstr("does not exist"));

  EXPECT_EQ(topics(true), exit_done) << out.str() << errors.str();
  EXPECT_THAT(out.str(), HasSubstr("created: 2 partitions, 1 replica"));
  EXPECT_TRUE(differences().empty());

  const auto again = create_topics(deployment.load(), wait);
  ASSERT_TRUE(again) << again.error().text;
  EXPECT_TRUE(again->empty());
  EXPECT_EQ(topics(true), exit_done);
  EXPECT_THAT(out.str(), Not(HasSubstr("created")));
}

TEST_F(topics_test, a_broker_tells_how_long_it_would_be_missed) {
  const auto facts = ask_brokers(deployment.load().kafka, wait);
  ASSERT_TRUE(facts) << facts.error().text;
  EXPECT_EQ(facts->brokers, 1);
  ASSERT_TRUE(facts->session_timeout);
  EXPECT_GE(*facts->session_timeout, milliseconds{1'000});
  EXPECT_LE(*facts->session_timeout, milliseconds{60'000});
}

/// librdkafka's own brokers: they hold the planned topics, and answer that they know none until they are told to.
class forgetful_brokers {
 public:
  explicit forgetful_brokers(const topology& all)
      : topics_(topics_of(all))
      , client_(*kafka_client(RD_KAFKA_PRODUCER, *kafka_configuration(all.kafka, {})))
      , cluster_(rd_kafka_mock_cluster_new(client_.get(), 3), &rd_kafka_mock_cluster_destroy) {
    for (const auto& topic : topics_)
      rd_kafka_mock_topic_create(cluster_.get(), topic.name.c_str(), topic.partitions, 1);
    answer(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  }
  void remember() { answer(RD_KAFKA_RESP_ERR_NO_ERROR); }
  std::string bootstrap() const { return rd_kafka_mock_cluster_bootstraps(cluster_.get()); }

 private:
  void answer(rd_kafka_resp_err_t error) {
    for (const auto& topic : topics_)
      rd_kafka_mock_topic_set_error(cluster_.get(), topic.name.c_str(), error);
  }

  std::vector<planned_topic> topics_;
  kafka_handle<rd_kafka_t> client_;
  std::unique_ptr<rd_kafka_mock_cluster_t, decltype(&rd_kafka_mock_cluster_destroy)> cluster_;
};

TEST_F(topics_test, those_that_a_broker_of_several_does_not_know_yet_are_not_missing) {
  auto all = deployment.load();
  forgetful_brokers brokers{all};
  all.kafka.bootstrap = brokers.bootstrap();
  auto found = std::async(std::launch::async, [&] { return compare_topics(all, "my.toml", seconds{2}); });
  while (found.wait_for(milliseconds{1}) != std::future_status::ready &&
         connections_to(all.kafka.bootstrap).empty()) {
  }
  brokers.remember();
  // They were found, then: these brokers cannot tell what their settings are.
  const auto& outcome = found.get();
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().text, HasSubstr("asking for the settings"));
}

TEST_F(topics_test, another_number_of_partitions_is_found_and_left) {
  ASSERT_TRUE(create_topics(deployment.load(), wait));
  for (const auto partitions : {1, 3}) {
    deployment.write(partitions);
    const auto found = differences();
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].topic, deployment.lane());
    EXPECT_EQ(found[0].what, "has 2 partitions, not " + std::to_string(partitions));
    EXPECT_FALSE(found[0].missing);
    EXPECT_EQ(topics(true), exit_failed);
  }
  deployment.write(2);
  EXPECT_TRUE(differences().empty());
}

TEST_F(topics_test, topics_get_their_settings_and_others_are_found) {
  deployment.write(2, "\"segment.ms\" = 86400000");
  ASSERT_TRUE(create_topics(deployment.load(), wait));
  EXPECT_TRUE(differences().empty());
  deployment.write(2, "\"segment.ms\" = 3600000");
  const auto found = differences();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].what, "segment.ms is 86400000, not 3600000");
}

TEST_F(topics_test, a_topic_is_made_for_the_largest_record_and_a_smaller_one_found) {
  auto all = deployment.load();
  ASSERT_TRUE(create_topics(all, wait));
  all.limits.record_bytes_max = 5'000'000;
  const auto found = compare_topics(all, "my.toml", wait);
  ASSERT_TRUE(found) << found.error().text;
  ASSERT_EQ(found->size(), 2U);
  EXPECT_THAT((*found)[0].what, HasSubstr("max.message.bytes is 1048588, less than 5016384"));

  const given_deployment large;
  all = large.load();
  all.limits.record_bytes_max = 5'000'000;
  ASSERT_TRUE(create_topics(all, wait));
  const auto none = compare_topics(all, "my.toml", wait);
  ASSERT_TRUE(none) << none.error().text;
  EXPECT_TRUE(none->empty());
}

TEST_F(topics_test, a_setting_that_kafka_does_not_know_is_told) {
  deployment.write(2, "\"no.such.setting\" = 1");
  const auto created = create_topics(deployment.load(), wait);
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code, error_code::topic_mismatch);
  EXPECT_THAT(created.error().text, HasSubstr("no.such.setting"));
}

TEST_F(topics_test, where_no_kafka_is_its_address_is_told) {
  auto all = deployment.load();
  all.kafka.bootstrap = "127.0.0.1:1";
  const auto found = compare_topics(all, "my.toml", milliseconds{300});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, error_code::kafka_unavailable);
  EXPECT_THAT(found.error().text, HasSubstr("127.0.0.1:1"));
}

}  // namespace
}  // namespace matricula
