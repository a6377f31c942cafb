// SPDX-License-Identifier: Apache-2.0
#include "actors/fetch/retry_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace matricula {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::size_t many = 1'000'000;

/// A record that says who it is about and nothing that a decoder would take.
std::string record_of(const std::string& text) { return "{\"text\":\"" + text + "\"}"; }

/// A whole record of one person's.
std::string enrolment_of(const std::string& person, const std::string& name) {
  return R"({"year":"2026","status":"enrolled","since":"2026-09-09","role":"student",)"
         R"("centre":{"code":"46012345","name":"IES","flavour":"ESO"},"course":{"code":"1","name":"1r"},)"
         R"("subject":{"code":"MAT","name_val":"Mat","name_cas":"Mat"},"group":{"code":"1A","name":"1A","tutor":null},)"
         R"("person":{"id":")" +
         person + R"(","name":")" + name +
         R"(","surname1":"S","surname2":null,"email":null,"born":null},"teachers":[],"timetable":[]})";
}

class retry_queue_test : public ::testing::Test {
 protected:
  void note(const retry_note& what) { queue.note(what.key(), what.value()); }
  void asked(const std::string& entry, revision_t refused, const std::string& record) {
    note({entry, refused, retry_state::asked, "itaca", record, 0});
  }
  std::vector<std::string> taken(std::uint64_t page, std::size_t records = many, std::size_t bytes = many) {
    std::vector<std::string> entries;
    for (const auto& each : queue.take(page, records, bytes).retries)
      entries.push_back(each.entry);
    return entries;
  }

  retry_queue queue{"itaca"};
};

TEST_F(retry_queue_test, hands_out_what_was_asked_of_its_source_once) {
  asked("a", 7, record_of("x"));
  note({"b", 7, retry_state::asked, "another", record_of("y"), 0});
  queue.note("site/eso46/k", R"({"site":"eso46","record":"{}"})");
  const auto batch = queue.take(1, many, many);
  EXPECT_THAT(batch.records, ElementsAre(record_of("x")));
  ASSERT_EQ(batch.retries.size(), 1U);
  EXPECT_EQ(batch.retries[0].entry, "a");
  EXPECT_EQ(batch.retries[0].refused, 7U);
  EXPECT_THAT(taken(2), IsEmpty());
}

TEST_F(retry_queue_test, tells_once_which_of_its_entries_were_dropped) {
  queue.note("source/itaca/1", R"({"reason":"field_missing","state":"dropped","why":"done"})");
  queue.note("source/itaca/2", R"({"reason":"field_missing","record":"{\"state\":\"dropped\"}"})");
  queue.note("source/another/3", R"({"reason":"field_missing","state":"dropped"})");
  queue.note("site/eso46/k", R"({"reason":"row_refused","state":"dropped"})");
  EXPECT_THAT(queue.take_dropped(), ElementsAre("source/itaca/1"));
  EXPECT_THAT(queue.take_dropped(), IsEmpty());
}

TEST_F(retry_queue_test, forgets_what_is_done) {
  asked("a", 7, record_of("x"));
  asked("a", 8, record_of("y"));
  note({"a", 7, retry_state::retried, "itaca", {}, 99});
  const auto batch = queue.take(1, many, many);
  EXPECT_THAT(batch.records, ElementsAre(record_of("y")));
  queue.committed(1);
  EXPECT_EQ(queue.bytes(), 0U);
  queue.sent_back(1);
  EXPECT_THAT(taken(2), IsEmpty());
}

TEST_F(retry_queue_test, hands_out_again_what_was_sent_back) {
  asked("a", 7, record_of("x"));
  asked("b", 6, record_of("y"));
  EXPECT_THAT(taken(1, 1), ElementsAre("a"));
  EXPECT_THAT(taken(2), ElementsAre("b"));
  queue.sent_back(1);
  EXPECT_THAT(taken(2), ElementsAre("a"));
}

TEST_F(retry_queue_test, gives_up_a_page_that_cannot_be_read) {
  asked("a", 7, record_of("x"));
  EXPECT_THAT(taken(1), ElementsAre("a"));
  queue.given_up(1);
  EXPECT_THAT(taken(1), IsEmpty());
}

TEST_F(retry_queue_test, is_told_of_its_own_page_before_that_is_answered) {
  asked("a", 7, record_of("x"));
  EXPECT_THAT(taken(1), ElementsAre("a"));
  note({"a", 7, retry_state::retried, "itaca", {}, 99});
  asked("a", 7, record_of("x"));
  queue.committed(1);
  EXPECT_THAT(taken(2), IsEmpty());
  EXPECT_EQ(queue.bytes(), 0U);
}

TEST_F(retry_queue_test, fills_no_page_over_its_limits) {
  for (const char* entry : {"a", "b", "c"})
    asked(entry, 7, record_of("x"));
  const auto bytes = record_of("x").size();
  EXPECT_THAT(taken(1, 2), ElementsAre("a", "b"));
  queue.sent_back(1);
  EXPECT_THAT(taken(1, many, 2 * bytes), ElementsAre("a", "b"));
  queue.sent_back(1);
  EXPECT_THAT(taken(1, many, 1), ElementsAre("a"));  // one that is larger than a page goes alone
}

TEST_F(retry_queue_test, takes_the_newest_of_a_key_first_and_the_older_ones_later) {
  asked("old", 7, enrolment_of("10000001", "A"));
  asked("new", 8, enrolment_of("10000001", "B"));
  asked("other", 6, enrolment_of("10000002", "C"));
  EXPECT_THAT(taken(1), ElementsAre("new", "other"));
  EXPECT_THAT(taken(2), ElementsAre("old"));
}

TEST_F(retry_queue_test, passes_over_what_would_break_a_page) {
  asked("a", 7, "{},{}");
  asked("b", 7, "");
  queue.note("retry/7/c", "no JSON");
  queue.note("retry/7/c", "");
  EXPECT_THAT(taken(1), IsEmpty());
  EXPECT_EQ(queue.bytes(), 0U);
}

}  // namespace
}  // namespace matricula
