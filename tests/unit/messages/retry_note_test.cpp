// SPDX-License-Identifier: Apache-2.0
#include "messages/retry_note.hpp"

#include "messages/control_json.hpp"
#include "tests/unit/messages/given_record.hpp"

#include <gtest/gtest.h>

namespace matricula {
namespace {

using test::given_record;

const std::string entry = "site/eso46/2026/46012345/1/MAT/1A/10000001/student";

TEST(retry_note_test, is_read_as_it_was_written) {
  const retry_note asked{entry, 77, retry_state::asked, "itaca", R"({"name":"Núria \"x\""})", 0};
  const auto read = retry_note::read(asked.value());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->entry, entry);
  EXPECT_EQ(read->refused, 77U);
  EXPECT_EQ(read->state, retry_state::asked);
  EXPECT_EQ(read->source, "itaca");
  EXPECT_EQ(read->record, asked.record);
  EXPECT_EQ(read->key(), asked.key());
  EXPECT_TRUE(retry_note::is_key(asked.key()));
  EXPECT_FALSE(retry_note::is_key(entry));
}

TEST(retry_note_test, holds_no_record_once_it_is_done) {
  for (const auto state : {retry_state::retried, retry_state::superseded, retry_state::refused}) {
    const retry_note done{entry, 77, state, "itaca", R"({"name":"Anna"})", 99};
    EXPECT_EQ(done.value().find("Anna"), std::string::npos);
    const auto read = retry_note::read(done.value());
    ASSERT_TRUE(read);
    EXPECT_EQ(read->state, state);
    EXPECT_EQ(read->revision, 99U);
    EXPECT_EQ(read->record, "");
  }
}

TEST(retry_note_test, has_a_key_for_each_revision_that_was_refused) {
  const retry_note one{entry, 77, {}, "itaca", {}, 0}, other{entry, 78, {}, "itaca", {}, 0};
  EXPECT_NE(one.key(), other.key());
}

TEST(retry_note_test, reads_nothing_else) {
  for (const char* value :
       {"", "x", "[]", "{}", R"({"entry":"e","source":"s","state":"dropped"})",
        R"({"entry":1,"source":"s","state":"retry"})", R"({"entry":"e","state":"retry"})"})
    EXPECT_FALSE(retry_note::read(value)) << value;
}

TEST(record_check_test, knows_the_key_of_a_record_whatever_its_lane) {
  EXPECT_EQ(record_check{}.key_of(given_record{}.json()),
            "2026/46012345/1234567890/MAT/1ESOA/10123456/student");
}

TEST(record_check_test, takes_what_a_decoder_will_refuse_by_itself) {
  record_check check;
  for (const char* record : {"{}", "42", "null", R"("text")", R"([{"a":1}])", R"({"year":2026})"})
    EXPECT_EQ(check.key_of(record), "") << record;
}

TEST(record_check_test, takes_nothing_that_would_break_a_page) {
  record_check check;
  for (const char* record : {"", " ", "{", "{}{}", "{},{}", R"({}],"x":[{})", R"({}],"records":[{})", "]",
                             "{}]}", R"({"a":1 "b":{}})", "\"", "{\"a\":\"\xFF\"}"})
    EXPECT_FALSE(check.key_of(record)) << record;
}

TEST(record_check_test, what_it_takes_stands_in_a_page_with_others) {
  record_check check;
  const std::vector<std::string> records{"{}", given_record{}.json(), "null", R"([1,{"a":2}])"};
  for (const auto& record : records)
    ASSERT_TRUE(check.key_of(record)) << record;
  page_decoder decoder{[](auto, auto) { return std::optional<std::uint16_t>{0}; }, 1'000'000};
  const auto decoded = decoder.decode(page_json({"c", "d", 17, records.size()}, records), {});
  ASSERT_TRUE(decoded) << decoded.error().text;
  EXPECT_EQ((*decoded)->records.size(), 1U);
  EXPECT_EQ((*decoded)->rejected.size(), 3U);
  EXPECT_EQ((*decoded)->envelope.cursor, "c");
  EXPECT_EQ((*decoded)->envelope.next, "d");
  EXPECT_EQ((*decoded)->envelope.sweep, 17U);
}

}  // namespace
}  // namespace matricula
