// SPDX-License-Identifier: Apache-2.0
#include "cli/command.hpp"
#include "cli/verify.hpp"
#include "moodle_fixture.hpp"
#include "records_by_hand.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace matricula {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class verify_test : public records_by_hand {
 protected:
  void both_know(revision_t revision, const given_record& record) {
    topic_says(revision, record);
    site_gets(revision, record);
  }

  int verify(std::size_t keys_max = 20) {
    out.str("");
    verify_options options;
    options.keys_max = keys_max;
    const auto exit_code = verify_sites(deployment.file(), options, deployment.environment(), out, errors);
    EXPECT_EQ(errors.str(), "");
    return exit_code;
  }
};

TEST_F(verify_test, a_site_that_no_applier_has_opened_lacks_every_key) {
  topic_says(1, student("10000001"));
  EXPECT_EQ(verify(), exit_failed);
  EXPECT_THAT(out.str(), HasSubstr("missing    2026/46012345/1234567890/MAT/1ESOA/10000001/student"));
  EXPECT_THAT(out.str(), HasSubstr("site eso46: 0 keys equal, 1 missing, 0 different, 0 extra"));
}

TEST_F(verify_test, a_site_that_holds_what_its_topic_says_is_equal) {
  auto moved = student("10000002");
  both_know(1, student("10000001"));
  both_know(2, moved);
  moved.status = "withdrawn";
  moved.since = "2026-10-01";
  both_know(3, moved);
  auto renamed = student("10000001");
  renamed.subject = "VAL";
  renamed.name = R"(Anna "la" Núria\)";
  renamed.teachers =
      R"([{"id":"087654321X","name":"Èlia","surname1":"Sol\u00e9","surname2":"","email":"e@x.test",)"
      R"("substitutes":"012345678Z"},{"id":"012345678Z"}])";
  both_know(4, renamed);
  EXPECT_EQ(verify(), exit_done) << out.str();
  EXPECT_THAT(out.str(), HasSubstr("site eso46: 3 keys equal, 0 missing, 0 different, 0 extra"));
}

TEST_F(verify_test, what_differs_is_named_by_key_and_field) {
  both_know(1, student("10000001"));
  both_know(2, student("10000002"));
  topic_says(3, student("10000003"));
  site_gets(3, student("10000004"));
  database.query("update classrooms.person set email = null where code = '10000002'");
  database.query("update classrooms.enrolment e set since = '2026-01-01' from classrooms.person p "
                 "where p.person_id = e.person_id and p.code = '10000002'");
  EXPECT_EQ(verify(), exit_failed);
  EXPECT_THAT(
      out.str(),
      HasSubstr("different  2026/46012345/1234567890/MAT/1ESOA/10000002/student  since, person.email"));
  EXPECT_THAT(out.str(), HasSubstr("extra      2026/46012345/1234567890/MAT/1ESOA/10000004/student"));
  EXPECT_THAT(out.str(), HasSubstr("missing    2026/46012345/1234567890/MAT/1ESOA/10000003/student"));
  EXPECT_THAT(out.str(), HasSubstr("site eso46: 1 keys equal, 1 missing, 1 different, 1 extra"));

  EXPECT_EQ(verify(1), exit_failed);
  EXPECT_THAT(out.str(), HasSubstr("and 2 keys more: --keys-max 3"));
}

TEST_F(verify_test, a_classrooms_data_is_compared_in_all_its_keys) {
  both_know(1, student("10000001"));
  both_know(2, student("10000002"));
  database.query("update classrooms.classroom set timetable = '[]'");
  database.query("update classrooms.person set surname1 = 'X' where code = '012345678Z'");
  EXPECT_EQ(verify(), exit_failed);
  EXPECT_THAT(out.str(), HasSubstr("10000001/student  timetable, teachers[].name or email"));
  EXPECT_THAT(out.str(), HasSubstr("0 missing, 2 different, 0 extra"));
}

TEST_F(verify_test, what_is_in_quarantine_is_not_missing) {
  both_know(1, student("10000001"));
  const auto refused = student("10000002");
  topic_says(2, refused);
  send(deployment.load().kafka.quarantine_topic, refused.key(),
       R"({"key":")" + refused.key() + R"(","site":"eso46","revision":2})");
  send(deployment.lane(), "2026/no/record", "{}", 3);
  EXPECT_EQ(verify(), exit_done) << out.str();
  EXPECT_THAT(out.str(), HasSubstr("1 keys equal, 0 missing, 0 different, 0 extra, 2 quarantined"));
}

TEST_F(verify_test, who_is_held_back_is_counted_apart_and_makes_no_difference) {
  database.query(moodle_tables());
  deployment.use_target("moodle", "withdraw_people_min = \"0\"\nwithdraw_ratio_max = \"0\"\n");
  revision_t revision = 0;
  for (const auto* id : {"10000001", "10000002"}) {
    both_know(++revision, student(id));
    both_know(++revision, withdrawn(student(id)));
  }
  EXPECT_EQ(verify(), exit_done) << out.str();
  EXPECT_THAT(out.str(), AllOf(HasSubstr("held back: 2 keys, waiting for matricula approve or reject\n"),
                               HasSubstr("0 keys equal, 0 missing, 0 different, 0 extra, 2 held back"),
                               Not(HasSubstr("10000001"))));
  database.query("update matricula.moodle_withdrawal set state = 'rejected' where person_id = "
                 "(select person_id from classrooms.person where code = '10000001')");
  EXPECT_EQ(verify(), exit_done) << out.str();
  EXPECT_THAT(out.str(), AllOf(HasSubstr("held back: 1 keys, waiting"),
                               HasSubstr("rejected: 1 keys, which stay as somebody has decided\n")));
  database.query("update matricula.moodle_withdrawal set state = 'blackout' where state = 'rejected'");
  EXPECT_EQ(verify(), exit_done) << out.str();
  EXPECT_THAT(out.str(), HasSubstr("waiting for the end of a blackout: 1 keys, which matricula calendar "));
  database.query("update matricula.moodle_withdrawal set state = 'kept' where state = 'blackout'");
  EXPECT_EQ(verify(), exit_done) << out.str();
  EXPECT_THAT(out.str(),
              HasSubstr("kept since the time when nobody left: 1 keys, which matricula calendar "));

  database.query("delete from matricula.moodle_withdrawal where state = 'held'");
  EXPECT_EQ(verify(), exit_failed);
  EXPECT_THAT(out.str(), AllOf(HasSubstr("10000002/student  status"),
                               HasSubstr("0 keys equal, 0 missing, 1 different, 0 extra, 1 held back")));
}

}  // namespace
}  // namespace matricula
