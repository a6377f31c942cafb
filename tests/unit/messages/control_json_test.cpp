// SPDX-License-Identifier: Apache-2.0
#include "messages/control_json.hpp"

#include "messages/hashing.hpp"
#include "tests/unit/messages/given_record.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace matricula {
namespace {

TEST(source_position_text, comes_back_as_it_went) {
  const source_position middle{7, "17:30000", 17};
  const auto read = parse_source_position(source_position_json("itaca", middle));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->page_number, 7U);
  EXPECT_EQ(read->cursor, "17:30000");
  EXPECT_EQ(read->sweep, 17U);
  EXPECT_EQ(parse_source_position(source_position_json("itaca", {8, std::nullopt, 17}))->cursor,
            std::nullopt);
}

TEST(source_position_text, is_refused_if_it_is_none) {
  EXPECT_FALSE(parse_source_position(""));
  EXPECT_FALSE(parse_source_position("[]"));
  EXPECT_FALSE(parse_source_position(R"({"page": -1})"));
}

TEST(peek_envelope_test, reads_what_stands_at_the_start_only) {
  const auto envelope = peek_envelope(test::given_page({test::given_record{}.json()}));
  ASSERT_TRUE(envelope);
  EXPECT_EQ(envelope->next, "C2");
  EXPECT_EQ(envelope->count, 1U);
  EXPECT_EQ(envelope->sweep, 17U);
  EXPECT_FALSE(peek_envelope(test::given_page({}, ""))->next);
  EXPECT_FALSE(peek_envelope(R"({"records": [], "page": {"count": 0}})"));
  EXPECT_FALSE(peek_envelope(R"({"page": {"cursor": "C1", "next)"));
  EXPECT_FALSE(peek_envelope(""));
}

struct quarantine_message_test : testing::Test {
  page given;
  rejected_record record;

  quarantine_message_test() {
    given.source = "itaca";
    given.number = 4;
    given.envelope.cursor = "17:0";
    record.position = 12;
    record.key = "2026/46012345";
    record.reason = {error_code::field_missing, "person.id: missing"};
  }

  quarantine_message message_of(const std::string& bytes, std::size_t bytes_max) {
    given.bytes = bytes;
    record.length = static_cast<std::uint32_t>(bytes.size());
    return quarantine_message_of(given, record, bytes_max);
  }
};

TEST_F(quarantine_message_test, says_what_where_and_why) {
  const auto value = nlohmann::json::parse(message_of(R"({"a":1})", 100).value);
  EXPECT_EQ(value["source"], "itaca");
  EXPECT_EQ(value["page"], 4);
  EXPECT_EQ(value["cursor"], "17:0");
  EXPECT_EQ(value["position"], 12);
  EXPECT_EQ(value["key"], "2026/46012345");
  EXPECT_EQ(value["reason"], "field_missing");
  EXPECT_EQ(value["text"], "person.id: missing");
  EXPECT_EQ(value["record"], R"({"a":1})");
}

TEST_F(quarantine_message_test, holds_the_head_of_a_large_record) {
  const auto value = nlohmann::json::parse(message_of(std::string(500, 'x'), 100).value);
  EXPECT_EQ(value["bytes"], 500);
  EXPECT_EQ(value["head"], std::string(100, 'x'));
  EXPECT_FALSE(value.contains("record"));
}

TEST_F(quarantine_message_test, is_small_however_long_the_key_and_what_the_reason_quotes) {
  record.key = "2026/46012345/" + std::string(500'000, 'k');
  record.reason.text = "centre.flavour: no lane takes flavour " + std::string(500'000, 'f');
  const auto message = message_of("{}", 100);
  EXPECT_LT(message.value.size(), 10'000U);
  const auto value = nlohmann::json::parse(message.value);
  EXPECT_EQ(value["key"].get<std::string>().substr(0, 15), "2026/46012345/k");
  EXPECT_EQ(value["text"].get<std::string>().substr(0, 15), "centre.flavour:");
}

TEST_F(quarantine_message_test, takes_bytes_that_are_not_utf8) {
  EXPECT_TRUE(nlohmann::json::accept(message_of("\xe7\xff", 100).value));
}

TEST_F(quarantine_message_test, a_record_that_comes_again_has_the_same_key) {
  const auto first = message_of("{}", 100).key;
  given.number = 9;
  record.position = 3;
  EXPECT_EQ(message_of("{}", 100).key, first);
  EXPECT_NE(message_of("{ }", 100).key, first);
}

TEST(partition_of_test, keeps_a_centre_together_and_uses_every_partition) {
  EXPECT_EQ(partition_of("46012345", 6), partition_of("46012345", 6));
  std::vector<int> counts(4);
  for (int i = 0; i < 1000; ++i)
    ++counts[static_cast<std::size_t>(partition_of(std::to_string(46'000'000 + i), 4))];
  for (const int count : counts)
    EXPECT_GT(count, 150);
}

}  // namespace
}  // namespace matricula
