// SPDX-License-Identifier: Apache-2.0
#include "actors/dedup/loader.hpp"
#include "messages/control_json.hpp"
#include "messages/hashing.hpp"
#include "tests/actors/given_pages.hpp"
#include "tests/actors/graph_test.hpp"

namespace matricula::testing {
namespace {

class loader_test : public graph_test {
 protected:
  void SetUp() override {
    first.spawn(*system);
    second.spawn(*system);
    keep(first.actor);
    keep(second.actor);
  }

  reply_ptr<source_position> loads() {
    actor = keep(system->spawn(loader, deployed(), "itaca", deduplicators{first.actor, second.actor}));
    ended = watch(actor);
    return ask<source_position>(actor, start_atom::value);
  }

  void given_cursor(const std::string& name, const source_position& position) {
    kafka.append("matricula.cursors", 0, {name, source_position_json(name, position), {}, 0, 0});
  }
  void given_record(const std::string& topic, const std::string& key, revision_t revision) {
    kafka.append(topic, 0, {key, "value", "itaca", content_hash_of("value"), revision});
  }

  deduplicator_stand_in first, second;
  const std::string key_of_first = key_in_part(0, 2), key_of_second = key_in_part(1, 2);
  loader_actor actor;
  std::shared_ptr<std::optional<caf::error>> ended;
};

TEST_F(loader_test, begins_at_the_beginning_when_kafka_is_empty) {
  const auto position = loads();
  ASSERT_TRUE(position->value);
  EXPECT_EQ(position->value->page_number, 0U);
  EXPECT_EQ(position->value->cursor, std::nullopt);
  EXPECT_EQ(**ended, caf::exit_reason::normal);
}

TEST_F(loader_test, answers_the_last_position_of_its_own_source) {
  given_cursor("itaca", {3, "3", 17});
  given_cursor("other", {9, "9", 17});
  given_cursor("itaca", {4, "4", 17});
  const auto position = loads();
  ASSERT_TRUE(position->value);
  EXPECT_EQ(position->value->page_number, 4U);
  EXPECT_EQ(position->value->cursor, "4");
}

TEST_F(loader_test, tells_each_part_what_the_topics_hold_of_its_keys) {
  given_record("ESO-46", key_of_first, revision_at(1, 0));
  given_record("FP-46", key_of_second, revision_at(1, 1));
  given_record("FP-46", key_of_first, revision_at(2, 0));
  ASSERT_TRUE(loads()->value);
  ASSERT_EQ(first.loaded.size(), 2U);
  for (const auto& entry : first.loaded) {
    EXPECT_EQ(entry.key_hash, key_hash_of(key_of_first));
    EXPECT_EQ(entry.content_hash, content_hash_of("value"));
  }
  EXPECT_EQ(first.loaded[0].revision + first.loaded[1].revision, revision_at(1, 0) + revision_at(2, 0));
  ASSERT_EQ(second.loaded.size(), 1U);
  EXPECT_EQ(second.loaded[0].key_hash, key_hash_of(key_of_second));
}

TEST_F(loader_test, tells_where_the_lanes_end) {
  given_record("ESO-46", "a", revision_at(1, 0));
  given_record("ESO-46", "b", revision_at(1, 1));
  const auto position = loads();
  ASSERT_TRUE(position->value);
  ASSERT_EQ(position->value->ends.size(), 1U);
  EXPECT_EQ(position->value->ends[0].where, (topic_partition{"ESO-46", 0}));
  EXPECT_EQ(position->value->ends[0].last_offset, 1);
}

TEST_F(loader_test, loads_in_chunks) {
  for (int i = 0; i < 45'000; ++i)
    given_record("ESO-46", std::to_string(i), revision_at(1, static_cast<std::uint32_t>(i)));
  ASSERT_TRUE(loads()->value);
  EXPECT_EQ(first.chunks, 3U);
  EXPECT_EQ(second.chunks, 3U);
  EXPECT_EQ(first.loaded.size() + second.loaded.size(), 45'000U);
}

TEST_F(loader_test, lets_no_revision_repeat_when_the_cursor_is_lost) {
  given_record("FP-46", "b", revision_at(12, 7));
  const auto position = loads();
  ASSERT_TRUE(position->value);
  EXPECT_EQ(position->value->page_number, 12U);
  EXPECT_EQ(position->value->cursor, std::nullopt);
}

TEST_F(loader_test, waits_for_what_a_transaction_holds_back) {
  given_cursor("itaca", {4, "4", 17});
  kafka.scans_in_vain = 2;
  const auto position = loads();
  ASSERT_TRUE(position->value);
  EXPECT_EQ(position->value->page_number, 4U);
}

TEST_F(loader_test, can_be_ended_while_it_waits_for_the_cursor) {
  kafka.scans_in_vain = 1'000;
  actor = keep(system->spawn(loader, deployed(), "itaca", deduplicators{first.actor, second.actor}));
  const auto position = request<source_position>(actor, start_atom::value);
  while (kafka.count(kafka_step::scan) < 2)
    scheduler->run_once();
  crash(actor);
  EXPECT_EQ(position->code(), error_code::stopping);
  EXPECT_GT(kafka.scans_in_vain, 900U);
}

TEST_F(loader_test, says_why_it_cannot_read_the_cursor) {
  kafka.refuse(kafka_step::scan, because(error_code::topic_mismatch));
  EXPECT_EQ(loads()->code(), error_code::topic_mismatch);
}

TEST_F(loader_test, says_why_it_cannot_read_the_lanes) {
  for (int i = 0; i < 30'000; ++i)
    given_record("ESO-46", std::to_string(i), 1);
  // The cursors' topic is read first, then 20,000 records; the second chunk fails.
  kafka.refuse_after(kafka_step::scan, 2, because(error_code::kafka_unavailable));
  EXPECT_EQ(loads()->code(), error_code::kafka_unavailable);
  EXPECT_EQ(first.chunks, 1U);
}

TEST_F(loader_test, ends_when_a_deduplicator_dies) {
  given_record("ESO-46", key_of_first, 1);
  kill(first.actor);
  const auto position = loads();
  EXPECT_FALSE(position->pending());
  EXPECT_FALSE(position->value);
  ASSERT_TRUE(*ended);
  EXPECT_NE(**ended, caf::exit_reason::normal);
}

TEST_F(loader_test, answers_who_waits_for_the_position_when_it_dies) {
  given_record("ESO-46", "a", revision_at(1, 0));
  actor = keep(system->spawn(loader, deployed(), "itaca", deduplicators{first.actor, second.actor}));
  const auto position = request<source_position>(actor, start_atom::value);
  while (kafka.count(kafka_step::scan) < 2)  // the cursors, then the first chunk, which is on its way
    scheduler->run_once();
  EXPECT_TRUE(position->pending());
  crash(actor);
  EXPECT_EQ(position->code(), error_code::stopping);
}

}  // namespace
}  // namespace matricula::testing
