// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/apply/postgres_session.hpp"
#include "actors/publish/kafka_producer.hpp"
#include "actors/publish/kafka_topics.hpp"
#include "given_deployment.hpp"
#include "postgres_fixture.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <sstream>
#include <string>
#include <string_view>

namespace matricula {

/// A deployment whose topics exist and whose topics and site are written by the test itself, for commands that read
/// both.
class records_by_hand : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto created = create_topics(deployment.load(), std::chrono::seconds{20});
    ASSERT_TRUE(created) << created.error().text;
  }

  void send(std::string_view topic, std::string_view key, std::string_view value, revision_t revision = 0) {
    outgoing_message message;
    message.topic = topic;
    message.partition = 0;
    message.key = key;
    message.value = value;
    message.source = revision == 0 ? "" : "itaca";
    message.content_hash = content_hash_of(value);
    message.revision = revision;
    ASSERT_TRUE(producer->send(message));
    ASSERT_TRUE(producer->flush());
  }

  void topic_says(revision_t revision, const given_record& record) {
    send(deployment.lane(), record.key(), record.json(), revision);
  }

  /// The site applies the next record of the topic, and thereby moves on by one entry.
  void site_gets(revision_t revision, const given_record& record) {
    postgres_session session{deployment.load().sites[0]};
    const auto opened = session.open({deployment.lane(), 0});
    ASSERT_TRUE(opened) << opened.error().text;
    given_batch batch{opened->next_offset, {deployment.lane(), 0}};
    batch.add(record, revision);
    const auto applied =
        session.apply(batch.batch, batch.all(), {}, opened->next_offset, batch.batch.next_offset);
    ASSERT_TRUE(applied) << applied.error().text;
  }

  static given_record student(const std::string& id, const std::string& subject = "MAT") {
    given_record record;
    record.person = id;
    record.subject = subject;
    return record;
  }

  site_database database;
  given_deployment deployment{database.url()};
  plain_producer_ptr producer = make_kafka_plain_producer(deployment.load().kafka);
  std::ostringstream out, errors;
};

}  // namespace matricula
