// SPDX-License-Identifier: Apache-2.0
#include "cli/command.hpp"
#include "cli/plan.hpp"
#include "moodle_fixture.hpp"
#include "records_by_hand.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pqxx/pqxx>

#include <chrono>
#include <string>
#include <thread>

namespace matricula {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class plan_test : public records_by_hand {
 protected:
  int plan(const plan_options& options = {}) {
    out.str("");
    const auto exit_code = plan_sites(deployment.file(), options, deployment.environment(), out, errors);
    EXPECT_EQ(errors.str(), "");
    return exit_code;
  }

  /// Every row of the site, with the transaction that wrote it.
  std::string rows() const {
    return database.value(
        "select coalesce(string_agg(e.xmin || ' ' || e::text, ',' order by key_hash), '') || "
        "(select string_agg(p.xmin || ' ' || p::text, ',') from matricula.positions p) || "
        "(select count(*) from matricula.outbox) from classrooms.enrolment e");
  }
};

TEST_F(plan_test, tells_what_a_first_start_would_make_and_leaves_no_trace) {
  topic_says(1, student("10000001"));
  topic_says(2, student("10000002"));
  EXPECT_EQ(plan(), exit_done);
  EXPECT_THAT(out.str(),
              AllOf(HasSubstr("site eso46: 2 records to read: 2 to create, 0 to change, 0 to withdraw"),
                    HasSubstr("46012345  enrolment  create           2  "
                              "2026/46012345/1234567890/MAT/1ESOA/10000001/student, 2026/")));
  EXPECT_EQ(database.value("select to_regnamespace('matricula') is null and "
                           "to_regnamespace('classrooms') is null"),
            "t");
}

TEST_F(plan_test, looks_only_at_what_the_site_has_still_to_read) {
  topic_says(1, student("10000001"));
  topic_says(2, student("10000002"));
  topic_says(3, student("10000003"));
  site_gets(1, student("10000001"));
  site_gets(2, student("10000002"));
  site_gets(3, student("10000003"));
  auto changed = student("10000002");
  changed.since = "2026-10-01";
  topic_says(4, withdrawn(student("10000001")));
  topic_says(5, changed);
  topic_says(3, student("10000003"));  // as it is
  topic_says(7, student("10000004"));
  const auto before = rows();
  EXPECT_EQ(plan(), exit_done);
  EXPECT_THAT(
      out.str(),
      AllOf(HasSubstr("4 records to read: 1 to create, 1 to change, 1 to withdraw, 1 unchanged"),
            HasSubstr("enrolment  change            1  2026/46012345/1234567890/MAT/1ESOA/10000002/"),
            HasSubstr("enrolment  withdraw          1  2026/46012345/1234567890/MAT/1ESOA/10000001/")));
  EXPECT_EQ(rows(), before);
}

TEST_F(plan_test, looks_at_no_more_than_it_is_told) {
  for (revision_t i = 1; i <= 5; ++i)
    topic_says(i, student("1000000" + std::to_string(i)));
  plan_options options;
  options.records_max = 3;
  EXPECT_EQ(plan(options), exit_done);
  EXPECT_THAT(out.str(), HasSubstr("3 records of at most 5 to read (--records): 3 to create"));
}

TEST_F(plan_test, says_that_there_is_more_than_it_has_looked_at) {
  for (revision_t i = 1; i <= 2; ++i)
    topic_says(i, student("1000000" + std::to_string(i)));
  plan_options options;
  options.records_max = 1;
  EXPECT_EQ(plan(options), exit_done);
  EXPECT_THAT(out.str(),
              HasSubstr("what comes after these records is not looked at; --records 2 looks at all"));
  EXPECT_EQ(plan(), exit_done);
  EXPECT_THAT(out.str(), Not(HasSubstr("looked at")));
}

TEST_F(plan_test, counts_a_key_once_by_its_newest_record) {
  topic_says(1, student("10000001"));
  site_gets(1, student("10000001"));
  auto changed = student("10000001");
  changed.since = "2026-10-01";
  topic_says(2, changed);
  topic_says(3, student("10000002"));
  topic_says(4, withdrawn(changed));
  topic_says(5, student("10000003"));
  topic_says(6, student("10000002"));
  plan_options options;
  options.batch_records = 1;
  EXPECT_EQ(plan(options), exit_done);
  EXPECT_THAT(out.str(), HasSubstr("site eso46: 5 records to read, of 3 keys: 2 to create, 0 to change, 1 to "
                                   "withdraw, 0 unchanged, 0 older than what the site holds\n"));
}

TEST_F(plan_test, withdraws_nobody_whom_the_site_never_had) {
  topic_says(1, withdrawn(student("10000001")));
  topic_says(2, student("10000002"));
  EXPECT_EQ(plan(), exit_done);
  EXPECT_THAT(out.str(), AllOf(HasSubstr("1 to create, 0 to change, 0 to withdraw"),
                               HasSubstr(", 1 who have left before the site had them\n"),
                               HasSubstr("enrolment  note             1  2026/46012345/1234567890/MAT/1ESOA/"
                                         "10000001/student\n")));
}

TEST_F(plan_test, keeps_no_transaction_for_longer_than_some_batches) {
  pqxx::connection elsewhere{postgres_url() + "/postgres"};
  const auto sessions = [&] {
    return pqxx::nontransaction{elsewhere}
        .exec1("select sessions from pg_stat_database where datname = '" + database.name() + "'")[0]
        .as<long>();
  };
  for (revision_t i = 1; i <= 6; ++i)
    topic_says(i, student("1000000" + std::to_string(i)));
  plan_options options;
  options.batch_records = 1;
  options.batches_together = 2;
  const auto before = sessions();
  EXPECT_EQ(plan(options), exit_done);
  EXPECT_THAT(out.str(), HasSubstr("6 records to read: 6 to create"));
  constexpr long expected =
      5;  // to ask for the offsets, to begin, and before the second, fourth and sixth batch
  for (int wait = 0; wait < 100 && sessions() - before < expected; ++wait)
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  EXPECT_EQ(sessions() - before, expected);
}

TEST_F(plan_test, names_what_would_be_refused_and_goes_on_with_the_rest) {
  topic_says(1, student("10000001"));
  site_gets(1, student("10000001"));
  database.query("alter table classrooms.person add constraint known check (code <> '10000003')");
  for (const auto* id : {"10000002", "10000003", "10000004"})
    topic_says(static_cast<revision_t>(id[7]), student(id));
  send(deployment.lane(), "2026/1/2/3/4/5/student", "{}", 99);
  EXPECT_EQ(plan(), exit_done);
  EXPECT_THAT(out.str(),
              AllOf(HasSubstr("2 to create"),
                    HasSubstr("refused: 2026/46012345/1234567890/MAT/1ESOA/10000003/student: row_refused"),
                    HasSubstr("refused: 2026/1/2/3/4/5/student: field_missing"), Not(HasSubstr("Anna"))));
}

TEST_F(plan_test, asks_before_the_first_start_of_a_site_and_never_again) {
  topic_says(1, student("10000001"));
  const auto may = [&](const std::string& answer) {
    std::istringstream in{answer};
    out.str("");
    return may_start(deployment.load(), {}, in, out, errors);
  };
  EXPECT_FALSE(may("n\n"));
  EXPECT_FALSE(may(""));  // nobody is there
  EXPECT_THAT(out.str(), AllOf(HasSubstr("1 to create"), HasSubstr("Start it? [y/N]"),
                               HasSubstr("nothing was started")));
  EXPECT_TRUE(may("y\n"));
  site_gets(1, student("10000001"));
  EXPECT_TRUE(may(""));
  EXPECT_EQ(out.str(), "");
}

/// A site in a Moodle.
class moodle_plan : public plan_test {
 protected:
  moodle_plan() {
    database.query(moodle_tables());
    deployment.use_target("moodle", "");
  }

  /// What plan says, with one blank between its columns.
  std::string told() {
    EXPECT_EQ(plan(), exit_done);
    std::string text;
    for (const char each : out.str())
      if (each != ' ' || text.empty() || text.back() != ' ')
        text += each;
    return text;
  }
};

const std::string mathematics = "2026/46012345/1234567890/MAT/1ESOA";

TEST_F(moodle_plan, tells_what_a_first_start_would_make_and_what_it_would_take_on) {
  database.query(
      "insert into mdl_course_categories (id, name, idnumber, parent, depth, path) values (7, 'Província', "
      "'46', 0, 1, '/7'); insert into mdl_context (contextlevel, instanceid, path, depth) values (40, 7, "
      "'/1/70', 2); insert into mdl_user (username, mnethostid) values ('10000001', 1)");
  topic_says(1, student("10000001"));
  const auto before = database.value("select count(*) from mdl_course");
  EXPECT_THAT(told(), AllOf(HasSubstr(" category adopt 1 46\n"),
                            HasSubstr(" category create 2 46/46012345, 46/46012345/1234567890\n"),
                            HasSubstr(" 46012345 course create 1 " + mathematics + "\n"),
                            HasSubstr(" 46012345 group create 1 " + mathematics + ": 1ESOA\n"),
                            HasSubstr(" 46012345 account adopt 1 10000001\n"),
                            HasSubstr(" 46012345 account create 1 012345678Z\n"),
                            HasSubstr(" 46012345 enrolment create 1 " + mathematics + "/10000001/student\n"),
                            HasSubstr(" 46012345 teaching create 1 " + mathematics + "/012345678Z\n"),
                            Not(HasSubstr(" change 1"))));
  EXPECT_EQ(database.value("select count(*) from mdl_course"), before);
}

TEST_F(moodle_plan, asks_again_where_a_first_start_was_refused) {
  topic_says(1, student("10000001"));
  database.query("alter table mdl_config rename to kept");
  postgres_session session{deployment.load().sites[0]};
  EXPECT_FALSE(session.open({deployment.lane(), 0}));
  EXPECT_EQ(database.value("select to_regnamespace('matricula') is not null"), "t");
  database.query("alter table kept rename to mdl_config; update matricula.target set digest = 0");
  std::istringstream in{"n\n"};
  EXPECT_FALSE(may_start(deployment.load(), {}, in, out, errors));
  EXPECT_THAT(out.str(), AllOf(HasSubstr("1 to create"), HasSubstr("Start it? [y/N]")));
  EXPECT_EQ(errors.str(), "");
}

TEST_F(moodle_plan, tries_again_when_it_was_in_the_way_of_a_session_of_the_site) {
  topic_says(1, student("10000001"));
  site_gets(1, student("10000001"));
  auto renamed = student("10000001");
  renamed.name = "Anna Maria";
  topic_says(2, renamed);
  // The first batch that is tried is one that a deadlock would have taken back.
  database.query(
      "create sequence public.tries; create function interfere() returns trigger language plpgsql as $$ "
      "begin "
      "if nextval('public.tries') = 1 then raise exception 'x' using errcode = '40P01'; end if; "
      "return new; end $$; "
      "create trigger interferes before update on mdl_user for each row execute function interfere()");
  EXPECT_THAT(told(),
              AllOf(HasSubstr("0 to create, 1 to change"), HasSubstr(" account change 1 10000001\n")));
  EXPECT_EQ(database.value("select last_value from public.tries"), "2");
}

TEST_F(moodle_plan, tells_what_would_be_called_otherwise_and_who_would_teach_no_more) {
  topic_says(1, student("10000001"));
  site_gets(1, student("10000001"));
  auto renamed = student("10000001");
  renamed.name = "Anna Maria";
  renamed.centre_name = "IES Jaume II";
  renamed.subject_name = "Mates";
  renamed.group_name = "1A";
  renamed.teachers = "[]";
  topic_says(2, renamed);
  EXPECT_THAT(told(), AllOf(HasSubstr("1 records to read: 0 to create, 1 to change"),
                            HasSubstr(" category change 1 46/46012345\n"),
                            HasSubstr(" 46012345 course change 1 " + mathematics + "\n"),
                            HasSubstr(" 46012345 group change 1 " + mathematics + ": 1ESOA\n"),
                            HasSubstr(" 46012345 account change 1 10000001\n"),
                            HasSubstr(" 46012345 teaching withdraw 1 " + mathematics + "/012345678Z\n"),
                            Not(HasSubstr("Anna"))));
  database.query("update mdl_groups set name = 'Els millors'");  // which stays
  EXPECT_THAT(told(), AllOf(HasSubstr(" course change"), Not(HasSubstr(" group change"))));
}

TEST_F(plan_test, a_site_that_does_not_answer_is_told_of) {
  database.query("create schema matricula; create table matricula.positions (topic text)");
  EXPECT_EQ(plan_sites(deployment.file(), {}, deployment.environment(), out, errors), exit_failed);
  EXPECT_THAT(errors.str(), HasSubstr("site eso46"));
}

}  // namespace
}  // namespace matricula
