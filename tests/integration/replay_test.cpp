// SPDX-License-Identifier: Apache-2.0
#include "cli/replay.hpp"

#include "cli/command.hpp"
#include "records_by_hand.hpp"
#include "tests/faults/topic_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace matricula {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

/// A site that has read the two entries of its lane. Nobody runs it.
class replay_test : public records_by_hand {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(records_by_hand::SetUp());
    topic_says(1, student("10000001"));
    topic_says(2, student("10000002"));
    site_gets(1, student("10000001"));
    site_gets(2, student("10000002"));
  }

  /// Kafka has deleted what the lane held; three entries have come since.
  void deleted() {
    topic_says(3, student("10000003"));
    faults::topic_reader{kafka_bootstrap()}.delete_all(deployment.lane());
    for (revision_t revision = 4; revision < 7; ++revision)
      topic_says(revision, student("1000000" + std::to_string(revision)));
  }

  int replay(const std::string& from, bool follow = false) {
    out.str("");
    errors.str("");
    const replay_options options{"eso46", deployment.lane(), *replay_from_text(from), follow, seconds{2}};
    return replay_site(deployment.file(), options, deployment.environment(), out, errors);
  }

  std::string offset() { return database.value("select next_offset from matricula.positions"); }
};

TEST_F(replay_test, goes_back_to_an_offset_and_no_further_ahead) {
  EXPECT_EQ(replay("1"), exit_done) << errors.str();
  EXPECT_EQ(out.str(), deployment.lane() + "-0: from 2 back to 1\n");
  EXPECT_EQ(offset(), "1");
  EXPECT_EQ(replay("2"), exit_done) << errors.str();
  EXPECT_THAT(out.str(), HasSubstr("nothing to read again"));
  EXPECT_EQ(offset(), "1");
}

TEST_F(replay_test, passes_over_nothing_that_the_topic_still_holds) {
  deleted();
  for (const auto* from : {"2100-01-01T00:00", "5", "0", "beginning"}) {
    database.query("update matricula.positions set next_offset = 2");
    EXPECT_EQ(replay(from), exit_done) << errors.str();
    EXPECT_EQ(out.str(), deployment.lane() + "-0: from 2, which the topic no longer holds, on to 3\n")
        << from;
    EXPECT_EQ(offset(), "3") << from;
  }
}

TEST_F(replay_test, says_when_nobody_goes_on) {
  deleted();
  EXPECT_EQ(replay("beginning", true), exit_failed);
  EXPECT_THAT(errors.str(), HasSubstr("nothing has moved for 2s: does a process run the site eso46?"));
}

TEST_F(replay_test, has_nothing_to_wait_for_where_nothing_is_left) {
  topic_says(3, student("10000003"));
  faults::topic_reader{kafka_bootstrap()}.delete_all(deployment.lane());
  EXPECT_EQ(replay("beginning", true), exit_done) << errors.str();
  EXPECT_EQ(offset(), "3");
}

}  // namespace
}  // namespace matricula
