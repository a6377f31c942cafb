// SPDX-License-Identifier: Apache-2.0
// What status shows of those whom a Moodle site holds back, and what approve and reject then do.
#include "cli/command.hpp"
#include "cli/decide.hpp"
#include "cli/status.hpp"
#include "moodle_fixture.hpp"
#include "records_by_hand.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace matricula {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using decision = postgres_session::decision;

constexpr auto centre = "46012345";

/// A site that holds everybody back.
class decide_test : public records_by_hand {
 protected:
  decide_test() {
    database.query(moodle_tables());
    deployment.use_target("moodle", "withdraw_people_min = \"0\"\nwithdraw_ratio_max = \"0\"\n");
  }

  void is_to_leave(const given_record& record) {
    site_gets(++revision_, record);
    site_gets(++revision_, withdrawn(record));
  }

  std::string status() {
    std::ostringstream shown;
    EXPECT_EQ(print_status(deployment.file(), "", std::chrono::seconds{20}, deployment.environment(), shown,
                           errors),
              exit_done);
    return shown.str();
  }

  /// The time in the first line that begins so.
  static std::string time_in(const std::string& shown, const std::string& line) {
    constexpr std::string_view option = " --until ";
    const auto begin = shown.find(option, shown.find(line)) + option.size();
    return shown.substr(begin, shown.find('\n', begin) - begin);
  }

  int decide(decision what, const std::string& of, const std::string& until) {
    out.str("");
    errors.str("");
    return decide_withdrawals(deployment.file(), "eso46", {what, of, until}, deployment.environment(), out,
                              errors);
  }

  std::string suspended() const {
    return database.value("select count(*) from mdl_user_enrolments where status = 1");
  }

  std::string file() const { return deployment.file().string(); }

 private:
  revision_t revision_ = 0;
};

TEST_F(decide_test, approves_what_status_has_shown_and_nothing_that_came_later) {
  is_to_leave(student("10000001"));
  const auto shown = status();
  const auto line = "    matricula approve " + file() + " --site eso46 --centre 46012345 --until ";
  EXPECT_THAT(shown, AllOf(HasSubstr("held back: 1 people of 46012345, 1 enrolments, since "),
                           HasSubstr(line), HasSubstr("lets them go; reject instead of approve keeps them"),
                           Not(HasSubstr("--all"))));
  const auto seen = time_in(shown, line);

  is_to_leave(student("10000002"));
  EXPECT_EQ(decide(decision::approve, centre, seen), exit_done) << errors.str();
  EXPECT_EQ(out.str(), "46012345: 1 people, 1 enrolments withdrawn\n"
                       "46012345: 1 people, 1 enrolments have come since " +
                           seen + " and still wait; matricula status " + file() + " shows them\n");
  EXPECT_EQ(suspended(), "1");
  EXPECT_EQ(decide(decision::approve, centre, seen), exit_failed);
  EXPECT_EQ(errors.str(), "site eso46 holds nothing back of 46012345 from before " + seen + "\n");
  EXPECT_EQ(suspended(), "1");
  EXPECT_EQ(decide(decision::approve, centre, time_in(status(), line)), exit_done);
  EXPECT_EQ(decide(decision::approve, centre, seen), exit_failed);
  EXPECT_EQ(errors.str(), "site eso46 holds nothing back of 46012345; matricula status shows what it does\n");
}

TEST_F(decide_test, rejects_and_approves_all_the_same) {
  is_to_leave(student("10000001"));
  const auto seen = time_in(status(), "approve");
  EXPECT_EQ(decide(decision::reject, centre, seen), exit_done) << errors.str();
  EXPECT_EQ(out.str(), "46012345: 1 people, 1 enrolments stay\n");
  EXPECT_EQ(suspended(), "0");
  const auto shown = status();
  const auto line = "matricula approve " + file() + " --site eso46 --centre 46012345 --rejected --until ";
  EXPECT_THAT(shown, AllOf(HasSubstr("rejected: 1 people of 46012345, 1 enrolments"), HasSubstr(line)));
  EXPECT_EQ(decide(decision::approve_rejected, centre, time_in(shown, line)), exit_done) << errors.str();
  EXPECT_EQ(suspended(), "1");
}

TEST_F(decide_test, shows_a_line_for_all_where_several_centres_are_held_back) {
  auto elsewhere = student("10000002");
  elsewhere.centre = "46000002";
  is_to_leave(elsewhere);
  is_to_leave(student("10000001"));
  const auto shown = status();
  const auto line =
      "  all 2 centres that are held back:\n    matricula approve " + file() + " --site eso46 --all --until ";
  EXPECT_THAT(shown, HasSubstr(line));
  EXPECT_EQ(decide(decision::approve, "", time_in(shown, line)), exit_done) << errors.str();
  EXPECT_EQ(out.str(), "46000002: 1 people, 1 enrolments withdrawn\n"
                       "46012345: 1 people, 1 enrolments withdrawn\n");
  EXPECT_EQ(suspended(), "2");
}

TEST_F(decide_test, has_nothing_to_decide_at_a_site_that_was_never_started) {
  EXPECT_EQ(decide(decision::approve, "", "2026-11-24T09:14:33Z"), exit_failed);
  EXPECT_EQ(errors.str(), "site eso46 holds nothing back; matricula status shows what it does\n");
  EXPECT_EQ(database.value("select to_regnamespace('matricula') is null"), "t");
}

}  // namespace
}  // namespace matricula
