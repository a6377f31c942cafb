// SPDX-License-Identifier: Apache-2.0
#include "cli/key_trace.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace matricula {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

const utc_time eight = std::chrono::sys_days{std::chrono::year{2026} / 9 / 9} + 8h;
constexpr auto revision = revision_at(5120, 1804);

/// A key at rest: the source is past it, the topic has it, the site too. Tests take something away.
class key_trace_test : public ::testing::Test {
 protected:
  key_trace_test() {
    trace.key = "2026/46012345/1/MAT/1A/10000001/student";
    trace.sources = {{"itaca", source_position{5121, {}, 17}, eight}};
    trace.topics = {{{"ESO-46", 1}, 879, eight, revision, 7, "enrolled", "itaca"}};
    trace.sites = {
        {"eso46", {"ESO-46", 1}, {}, 0, 1000, site_findings::row{trace.key, revision, "enrolled", 7}}};
  }

  std::string wrong() const {
    const auto concluded = trace.concluded();
    EXPECT_FALSE(concluded.is_everywhere);
    return concluded.sentence;
  }

  std::string right() const {
    const auto concluded = trace.concluded();
    EXPECT_TRUE(concluded.is_everywhere);
    return concluded.sentence;
  }

  void refused_by_source(revision_t at, const std::string& reason = "field_missing") {
    quarantine_entry entry;
    entry.source = "itaca";
    entry.reason = reason;
    entry.revision = at;
    trace.quarantine.push_back(entry);
  }

  void refused_by_site(revision_t at) {
    quarantine_entry entry;
    entry.site = "eso46";
    entry.reason = "row_refused";
    entry.revision = at;
    trace.quarantine.push_back(entry);
  }

  void there_is_no_message() {
    trace.topics.clear();
    trace.sites = {{"eso46", {}, {}, 0, {}, {}}};
  }

  key_trace trace;
};

TEST_F(key_trace_test, a_key_at_rest_is_everywhere) {
  EXPECT_EQ(right(), "at every site that should have it: eso46");
}

TEST_F(key_trace_test, tells_who_was_withdrawn) {
  trace.topics[0].status = "withdrawn";
  EXPECT_EQ(right(), "withdrawn by the source, and so it is at every site that should have it: eso46");
}

TEST_F(key_trace_test, a_row_of_the_same_content_is_as_good_as_a_newer_one) {
  trace.sites[0].row->revision = 1;
  right();
  trace.sites[0].row->content_hash = 8;
  EXPECT_EQ(wrong(),
            "site eso46 has an older row though it has read past the message: matricula replay T --site "
            "eso46 --from beginning");
  trace.sites[0].row->revision = revision + 1;
  right();
}

TEST_F(key_trace_test, counts_how_far_a_site_is_behind) {
  trace.sites[0].row.reset();
  trace.sites[0].next_offset = 760;
  EXPECT_EQ(wrong(), "site eso46 is 120 entries behind");
  trace.sites[0].next_offset = 879;
  EXPECT_EQ(wrong(), "site eso46 is 1 entry behind");
  trace.sites[0].next_offset = 880;
  EXPECT_THAT(wrong(), HasSubstr("has no row though it has read past the message"));
}

TEST_F(key_trace_test, a_site_may_not_have_begun_or_may_have_lost_its_place) {
  trace.sites[0].row.reset();
  trace.sites[0].next_offset.reset();
  EXPECT_EQ(wrong(), "site eso46 has not begun partition 1 of ESO-46");
  trace.sites[0].next_offset = 10;
  trace.sites[0].first_offset = 11;
  EXPECT_THAT(wrong(), HasSubstr("stands before the start of partition 1 of ESO-46: matricula replay"));
}

TEST_F(key_trace_test, a_site_that_does_not_answer_is_not_known_to_have_it) {
  trace.sites[0].row.reset();
  trace.sites[0].unanswered = failure{error_code::database_unavailable, "no connection"};
  EXPECT_EQ(wrong(), "site eso46 could not be asked: database_unavailable");
}

TEST_F(key_trace_test, a_site_may_have_refused_this_revision_or_another) {
  trace.sites[0].row.reset();
  refused_by_site(revision - 1);
  EXPECT_THAT(wrong(), HasSubstr("has no row though"));
  refused_by_site(revision);
  EXPECT_EQ(wrong(), "refused by site eso46: row_refused");
  trace.quarantine.back().dropped = true;
  EXPECT_EQ(wrong(), "refused by site eso46: row_refused, which was dropped");
}

TEST_F(key_trace_test, tells_what_became_of_a_retry) {
  trace.sites[0].row.reset();
  refused_by_site(revision);
  trace.quarantine.back().retry = entry_retry{retry_state::asked, eight, 0};
  EXPECT_EQ(wrong(), "refused by site eso46: row_refused, retry asked 2026-09-09T08:00:00Z");
  trace.topics[0].revision = revision + 9;
  trace.sites[0].row = site_findings::row{trace.key, revision + 9, "enrolled", 7};
  trace.quarantine.back().retry = entry_retry{retry_state::retried, eight, revision + 9};
  right();
  std::ostringstream out;
  trace.print(out);
  EXPECT_THAT(out.str(), HasSubstr("site eso46: row_refused, page 5120, record 1804, retried "
                                   "2026-09-09T08:00:00Z with revision 5368710933\n"));
}

TEST_F(key_trace_test, names_each_site_that_lacks_it) {
  trace.sites.push_back({"all46", {"ESO-46", 1}, {}, 0, 870, {}});
  trace.sites.push_back({"third", {"ESO-46", 1}, {}, 0, {}, {}});
  EXPECT_EQ(wrong(), "site all46 is 10 entries behind; site third has not begun partition 1 of ESO-46");
}

TEST_F(key_trace_test, a_newer_record_may_have_been_refused_on_the_way) {
  refused_by_source(revision - 1);
  right();
  refused_by_source(revision + 1);
  EXPECT_EQ(wrong(), "a newer record of it was refused before any lane: field_missing, source itaca, page "
                     "5120, record 1805");
  trace.quarantine.back().dropped = true;
  right();
}

TEST_F(key_trace_test, a_topic_may_have_no_site) {
  trace.sites.clear();
  EXPECT_EQ(wrong(), "no site reads ESO-46");
}

TEST_F(key_trace_test, without_a_message_it_is_refused_or_unknown) {
  there_is_no_message();
  EXPECT_EQ(wrong(),
            "unknown to every topic: source itaca has never sent it and has been read up to page 5121 of "
            "sweep 17 (2026-09-09T08:00:00Z)");
  trace.sources[0].position.reset();
  EXPECT_EQ(wrong(), "unknown to every topic: source itaca has never sent it and has not been read yet");
  refused_by_source(revision);
  EXPECT_EQ(wrong(), "refused before any lane: field_missing, source itaca, page 5120, record 1804");
  refused_by_source(revision + 1, "lane_unknown");
  EXPECT_EQ(wrong(), "no lane takes it: lane_unknown, source itaca, page 5120, record 1805");
}

TEST_F(key_trace_test, without_a_message_a_site_should_not_have_it) {
  there_is_no_message();
  trace.sites[0].row = site_findings::row{trace.key, 1, "enrolled", 7};
  EXPECT_THAT(wrong(), HasSubstr("; site eso46 has a row of it all the same"));
}

TEST_F(key_trace_test, without_a_lane_nothing_can_take_it) {
  there_is_no_message();
  trace.has_lane = false;
  EXPECT_EQ(wrong(), "no lane takes it: the topology has none of the province 46");
}

TEST_F(key_trace_test, prints_the_stops_that_know_nothing_too) {
  there_is_no_message();
  std::ostringstream out;
  trace.print(out);
  EXPECT_THAT(out.str(), HasSubstr("  quarantine  nobody has refused it\n"
                                   "  dedup       no lane was given it\n"
                                   "  topic       none has it\n"));
}

TEST_F(key_trace_test, prints_the_stops_in_flow_order) {
  refused_by_source(revision - 1);
  refused_by_site(revision - 2);
  trace.sites[0].next_offset = 870;
  std::ostringstream out;
  trace.print(out);
  EXPECT_EQ(
      out.str(),
      "2026/46012345/1/MAT/1A/10000001/student\n"
      "  source      itaca has been read up to page 5121 of sweep 17 (2026-09-09T08:00:00Z)\n"
      "              the record of ESO-46 came with page 5120, record 1804\n"
      "  quarantine  source itaca: field_missing, page 5120, record 1803\n"
      "  dedup       ESO-46: new or changed with page 5120; what pages up to 5121 have said of it since was "
      "the "
      "same, or refused\n"
      "  topic       ESO-46, partition 1, offset 879 (2026-09-09T08:00:00Z), revision 5368710924, enrolled\n"
      "  site        eso46: at offset 870 of partition 1 of ESO-46, 10 entries behind; row of revision "
      "5368710924, enrolled, the message's content\n"
      "  quarantine  site eso46: row_refused, page 5120, record 1802\n"
      "=> at every site that should have it: eso46.\n");
}

}  // namespace
}  // namespace matricula
