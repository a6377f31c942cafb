// SPDX-License-Identifier: Apache-2.0
#include "cli/quarantine_entry.hpp"

#include "messages/control_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace matricula {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

const utc_time eight = std::chrono::sys_days{std::chrono::year{2026} / 9 / 9} + 8h;

constexpr std::string_view from_site =
    R"({"key":"2026/46012345/1/MAT/1A/10000001/student","site":"eso46","topic":"ESO-46","partition":1,"offset":7,)"
    R"("revision":5369759500,"reason":"row_refused","text":"SQLSTATE 22008","record":"{\"year\":\"2026\"}",)"
    R"("record_bytes":15,"at":"2026-09-09T08:00:12.345678+00:00"})";

/// The value that a source writes for a record that it refuses.
std::string from_source(const std::string& record) {
  page page;
  page.source = "itaca";
  page.number = 5121;
  page.bytes = record;
  rejected_record rejected;
  rejected.position = 1804;
  rejected.length = static_cast<std::uint32_t>(record.size());
  rejected.key = "2026/46012345/1/MAT/1A//student";
  rejected.reason = {error_code::field_missing, "person.id: missing"};
  return quarantine_message_of(page, rejected, 65'536).value;
}

class newest_entries_test : public ::testing::Test {
 protected:
  void given(std::string_view key, std::string_view value, std::int32_t partition = 0,
             std::int64_t time_ms = 0) {
    scanned_message message;
    message.partition = partition;
    message.record.offset = offset_++;
    message.record.key = key;
    message.record.value = value;
    message.time_ms = time_ms;
    entries.add(message);
  }

  newest_entries entries;

 private:
  std::int64_t offset_ = 0;
};

TEST(quarantine_entry_test, reads_a_sites) {
  const auto entry = quarantine_entry::read("site/eso46/x", from_site, eight);
  EXPECT_EQ(entry.where(), "site eso46");
  EXPECT_EQ(entry.record_key, "2026/46012345/1/MAT/1A/10000001/student");
  EXPECT_EQ(entry.reason, "row_refused");
  EXPECT_EQ(entry.at, eight + 12s);
  EXPECT_EQ(entry.revision, 5369759500U);
  EXPECT_FALSE(entry.dropped);
}

TEST(quarantine_entry_test, reads_a_sources) {
  const auto entry = quarantine_entry::read("source/itaca/1", from_source("{}"), eight);
  EXPECT_EQ(entry.where(), "source itaca");
  EXPECT_EQ(entry.record_key, "2026/46012345/1/MAT/1A//student");
  EXPECT_EQ(entry.reason, "field_missing");
  EXPECT_EQ(entry.at, eight);
  EXPECT_EQ(entry.revision, revision_at(5121, 1804));
}

TEST(quarantine_entry_test, reads_what_is_none) {
  for (const char* value : {"", "x", "[]", "{}"}) {
    const auto entry = quarantine_entry::read("k", value, {});
    EXPECT_EQ(entry.reason, "unreadable") << value;
    EXPECT_EQ(entry.where(), "-") << value;
  }
}

TEST(quarantine_entry_test, a_dropped_one_keeps_all_that_it_held) {
  for (const auto& value : {std::string{from_site}, from_source(R"({"year":"2026"})")}) {
    const auto before = quarantine_entry::read("k", value, eight);
    const auto dropped = dropped_value(value, before.at, eight + 24h, "mended");
    const auto after = quarantine_entry::read("k", dropped, eight + 24h);
    EXPECT_TRUE(after.dropped);
    EXPECT_EQ(after.dropped_at, eight + 24h);
    EXPECT_EQ(after.why, "mended");
    EXPECT_EQ(after.at, before.at);
    EXPECT_EQ(after.where(), before.where());
    EXPECT_EQ(after.record_key, before.record_key);
    EXPECT_EQ(after.revision, before.revision);
    EXPECT_EQ(after.reason, before.reason);
    EXPECT_THAT(printable_entry(dropped, true), HasSubstr(R"("year": "2026")"));
  }
  const auto odd = quarantine_entry::read("k", dropped_value("x", {}, eight, "no JSON"), {});
  EXPECT_TRUE(odd.dropped);
  EXPECT_EQ(odd.reason, "unreadable");
}

TEST(quarantine_entry_test, shows_ids_and_no_person) {
  const std::string record =
      R"({"year":["Secreta"],"since":"2026-09-09","centre":{"code":"46012345","name":"IES"},"phone":"Secreta",)"
      R"("person":{"id":"10000001","name":"Secreta","surname1":"Secreta","surname2":null,"email":"Secreta@x",)"
      R"("born":"2013-04-05","height":140},"person.id":"Secreta","teachers":[{"id":"012345678Z","name":"Secreta"}],)"
      R"("timetable":[{"day":1,"room":"A12","note":"Secreta"}]})";
  const auto shown = printable_entry(from_source(record), false);
  EXPECT_THAT(shown, Not(HasSubstr("Secreta")));
  EXPECT_THAT(shown, Not(HasSubstr("2013")));
  EXPECT_THAT(shown, Not(HasSubstr("140")));
  EXPECT_THAT(shown, HasSubstr(R"("id": "10000001")"));
  EXPECT_THAT(shown, HasSubstr(R"("name": "IES")"));
  EXPECT_THAT(shown, HasSubstr(R"("id": "012345678Z")"));
  EXPECT_THAT(shown, HasSubstr(R"("room": "A12")"));
  EXPECT_THAT(shown, HasSubstr("\"surname1\": \"(string, not shown)\""));
  EXPECT_THAT(shown, HasSubstr(R"("surname2": null)"));
  EXPECT_THAT(shown, HasSubstr("person.id: missing"));
  EXPECT_THAT(printable_entry(from_source(record), true), HasSubstr(R"("email": "Secreta@x")"));
}

TEST(quarantine_entry_test, shows_nothing_of_a_record_that_is_not_json) {
  for (const auto& value :
       {from_source(R"({"person":{"name":"Secreta)"), from_source(R"("Secreta")"), std::string{"Secreta"}})
    EXPECT_THAT(printable_entry(value, false), Not(HasSubstr("Secreta"))) << value;
  EXPECT_THAT(printable_entry(from_source("Secreta"), true), HasSubstr("Secreta"));
}

TEST(quarantine_filter_test, takes_what_fits_all_of_it) {
  const auto entry =
      quarantine_entry::read("site/eso46/2026/46012345/1/MAT/1A/10000001/student", from_site, {});
  const auto takes = [&](auto set) {
    quarantine_filter filter;
    set(filter);
    return filter.takes(entry);
  };
  EXPECT_TRUE(takes([](auto&) {}));
  EXPECT_TRUE(takes([](auto& filter) { filter.site = "eso46"; }));
  EXPECT_FALSE(takes([](auto& filter) { filter.site = "eso03"; }));
  EXPECT_FALSE(takes([](auto& filter) { filter.source = "itaca"; }));
  EXPECT_TRUE(takes([](auto& filter) { filter.reason = "row_refused"; }));
  EXPECT_FALSE(takes([](auto& filter) { filter.reason = "field_type"; }));
  EXPECT_TRUE(takes([](auto& filter) { filter.since = eight + 12s; }));
  EXPECT_FALSE(takes([](auto& filter) { filter.since = eight + 13s; }));
  EXPECT_TRUE(takes([](auto& filter) { filter.until = eight + 13s; }));
  EXPECT_FALSE(takes([](auto& filter) { filter.until = eight + 12s; }));
  auto timeless = entry;
  timeless.at.reset();
  quarantine_filter since_ever;
  since_ever.since = utc_time{};
  EXPECT_TRUE(since_ever.takes(entry));
  EXPECT_FALSE(since_ever.takes(timeless));
  quarantine_filter until_ever;
  until_ever.until = utc_time::max();
  EXPECT_TRUE(until_ever.takes(entry));
  EXPECT_FALSE(until_ever.takes(timeless));
  EXPECT_TRUE(takes([](auto& filter) { filter.key_prefix = "2026/46012345/"; }));
  EXPECT_TRUE(takes([](auto& filter) { filter.key_prefix = "site/eso46/"; }));
  EXPECT_FALSE(takes([](auto& filter) { filter.key_prefix = "2025/"; }));

  auto dropped = entry;
  dropped.dropped = true;
  quarantine_filter filter;
  EXPECT_FALSE(filter.takes(dropped));
  filter.with_settled = true;
  EXPECT_TRUE(filter.takes(dropped));
}

TEST_F(newest_entries_test, hold_the_newest_state_of_each_key) {
  given("a", from_site);
  given("b", from_site);
  given("a", dropped_value(from_site, {}, eight, "mended"));
  ASSERT_EQ(entries.in_order().size(), 2U);
  EXPECT_TRUE(entries.find("a")->entry.dropped);
  EXPECT_FALSE(entries.find("b")->entry.dropped);
  given("a", from_site);
  EXPECT_FALSE(entries.find("a")->entry.dropped);
  given("a", "");
  EXPECT_EQ(entries.find("a"), nullptr);
}

TEST_F(newest_entries_test, tell_by_the_time_where_a_key_has_changed_its_partition) {
  given("a", dropped_value(from_site, {}, eight, "mended"), 1, 200);
  given("a", from_site, 0, 100);
  EXPECT_TRUE(entries.find("a")->entry.dropped);
}

TEST_F(newest_entries_test, are_ordered_by_time) {
  given("a", from_source("{}"), 0, 2'000'000'000'000);
  given("b", from_site);
  given("c", from_source("{}"));
  std::string order;
  for (const auto* each : entries.in_order())
    order += each->entry.key;
  EXPECT_EQ(order, "bac");
}

class retried_entries_test : public newest_entries_test {
 protected:
  void given_retry(retry_state state, revision_t refused = revision, std::int64_t time_ms = 0) {
    const retry_note note{key, refused, state, "itaca", "{}", 99};
    given(note.key(), note.value(), 0, time_ms);
  }

  static constexpr revision_t revision = 5369759500;
  const std::string key = "site/eso46/2026/46012345/1/MAT/1A/10000001/student";
};

TEST_F(retried_entries_test, tell_how_far_a_retry_has_come_whichever_is_read_first) {
  given_retry(retry_state::asked, revision, 1'789'000'000'000);
  EXPECT_EQ(entries.find(key), nullptr);
  EXPECT_TRUE(entries.in_order().empty());
  given(key, from_site);
  const auto& entry = entries.find(key)->entry;
  ASSERT_TRUE(entry.retry);
  EXPECT_EQ(text_of(*entry.retry), "retry asked 2026-09-10T00:26:40Z");
  EXPECT_FALSE(entry.is_settled());
  given_retry(retry_state::retried);
  EXPECT_EQ(text_of(*entry.retry), "retried with revision 99");
  EXPECT_TRUE(entry.is_settled());
  given_retry(retry_state::superseded);
  EXPECT_EQ(text_of(*entry.retry), "superseded by revision 99");
  EXPECT_TRUE(entry.is_settled());
}

TEST_F(retried_entries_test, are_new_again_when_another_revision_is_refused) {
  given(key, from_site);
  given_retry(retry_state::retried);
  std::string again{from_site};
  again.replace(again.find("5369759500"), 10, "5369759501");
  given(key, again);
  EXPECT_FALSE(entries.find(key)->entry.retry);
  given_retry(retry_state::retried);  // told late: it does not hide what is newer
  EXPECT_FALSE(entries.find(key)->entry.retry);
  EXPECT_FALSE(entries.find(key)->entry.is_settled());
}

TEST_F(retried_entries_test, are_listed_when_all_are_wanted) {
  given(key, from_site);
  given_retry(retry_state::retried);
  quarantine_filter filter;
  EXPECT_FALSE(filter.takes(entries.find(key)->entry));
  filter.with_settled = true;
  EXPECT_TRUE(filter.takes(entries.find(key)->entry));
  EXPECT_FALSE(filter.restricts());
}

TEST_F(retried_entries_test, show_what_became_of_it) {
  given(key, from_site);
  given_retry(retry_state::retried);
  const auto* const held = entries.find(key);
  const auto shown = printable_entry(held->value, false, held->entry.retry);
  EXPECT_THAT(shown, HasSubstr(R"("state": "retried")"));
  EXPECT_THAT(shown, HasSubstr(R"("new_revision": 99)"));
}

}  // namespace
}  // namespace matricula
