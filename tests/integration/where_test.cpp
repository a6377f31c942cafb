// SPDX-License-Identifier: Apache-2.0
#include "cli/where.hpp"

#include "cli/command.hpp"
#include "messages/control_json.hpp"
#include "records_by_hand.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace matricula {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto of_page_3 = revision_at(3, 4);

class where_test : public records_by_hand {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(records_by_hand::SetUp());
    const source_position position{5, {}, 2};
    send(deployment.load().kafka.cursors_topic, "itaca", source_position_json("itaca", position));
  }

  int find(where_options options) {
    out.str("");
    errors.str("");
    options.wait = std::chrono::seconds{20};
    const auto exit_code = find_records(deployment.file(), options, deployment.environment(), out, errors);
    EXPECT_THAT(out.str() + errors.str(), Not(HasSubstr("Anna")));
    return exit_code;
  }
  int where(const std::string& key) { return find({key, "", {}}); }
  int where_person(const std::string& person) { return find({"", person, {}}); }
};

TEST_F(where_test, follows_a_record_to_its_site) {
  const auto anna = student("10000001");
  topic_says(of_page_3 - 1, student("10000002"));
  topic_says(of_page_3, anna);
  EXPECT_EQ(where(anna.key()), exit_failed) << errors.str();
  EXPECT_THAT(out.str(),
              HasSubstr("=> site eso46 has not begun partition 0 of " + deployment.lane() + ".\n"));

  site_gets(of_page_3 - 1, student("10000002"));
  EXPECT_EQ(where(anna.key()), exit_failed);
  EXPECT_THAT(out.str(), HasSubstr("=> site eso46 is 1 entry behind.\n"));

  site_gets(of_page_3, anna);
  EXPECT_EQ(where(anna.key()), exit_done) << errors.str();
  EXPECT_THAT(out.str(), HasSubstr("source      itaca has been read up to page 5 of sweep 2 (2"));
  EXPECT_THAT(out.str(), HasSubstr("came with page 3, record 4\n"));
  EXPECT_THAT(out.str(), HasSubstr("dedup       " + deployment.lane() +
                                   ": new or changed with page 3; what pages up to 5 have said of it since "
                                   "was the same, or refused\n"));
  EXPECT_THAT(out.str(), HasSubstr("topic       " + deployment.lane() + ", partition 0, offset 1 (2"));
  EXPECT_THAT(out.str(), HasSubstr(", revision " + std::to_string(of_page_3) + ", enrolled\n"));
  EXPECT_THAT(out.str(), HasSubstr("past the message; row of revision " + std::to_string(of_page_3) +
                                   ", enrolled, the message's content\n"));
  EXPECT_THAT(out.str(), HasSubstr("=> at every site that should have it: eso46.\n"));
}

TEST_F(where_test, goes_by_the_newest_message) {
  auto anna = student("10000001");
  topic_says(1, anna);
  site_gets(1, anna);
  anna.status = "withdrawn";
  topic_says(2, anna);
  EXPECT_EQ(where(anna.key()), exit_failed);
  EXPECT_THAT(out.str(), HasSubstr("row of revision 1, enrolled, other content than the message"));
  EXPECT_THAT(out.str(), HasSubstr("=> site eso46 is 1 entry behind.\n"));
  site_gets(2, anna);
  EXPECT_EQ(where(anna.key()), exit_done);
  EXPECT_THAT(out.str(), HasSubstr("=> withdrawn by the source, and so it is at every site"));
}

TEST_F(where_test, tells_what_was_deleted_by_hand) {
  const auto anna = student("10000001");
  topic_says(1, anna);
  site_gets(1, anna);
  database.query("delete from classrooms.enrolment");
  EXPECT_EQ(where(anna.key()), exit_failed);
  EXPECT_THAT(out.str(),
              HasSubstr("=> site eso46 has no row though it has read past the message: matricula replay"));
}

TEST_F(where_test, tells_who_has_refused_it) {
  const auto at_site = student("10000001");
  const auto on_the_way = student("10000002");
  topic_says(2, at_site);
  const auto quarantine = deployment.load().kafka.quarantine_topic;
  send(quarantine, "source/itaca/1",
       R"({"key":")" + on_the_way.key() +
           R"(","source":"itaca","page":3,"position":4,"reason":"field_value","record":"{}"})");
  EXPECT_EQ(where(on_the_way.key()), exit_failed);
  EXPECT_THAT(out.str(),
              HasSubstr("=> refused before any lane: field_value, source itaca, page 3, record 4.\n"));

  // Refused, and still in the site's outbox: no reporter has taken it to Kafka.
  auto broken = at_site;
  broken.since = "2026-02-30";
  site_gets(2, broken);
  EXPECT_EQ(where(at_site.key()), exit_failed);
  EXPECT_THAT(out.str(), HasSubstr("=> refused by site eso46: field_value.\n"));
}

TEST_F(where_test, tells_what_nobody_has_sent) {
  EXPECT_EQ(where(student("10000001").key()), exit_failed);
  EXPECT_THAT(out.str(), HasSubstr("  topic       none has it\n  site        eso46: no row\n"));
  EXPECT_THAT(out.str(),
              HasSubstr("=> unknown to every topic: source itaca has never sent it and has been read up "
                        "to page 5 of sweep 2 (2"));
  auto elsewhere = student("10000001");
  elsewhere.centre = "12012345";
  EXPECT_EQ(where(elsewhere.key()), exit_failed);
  EXPECT_THAT(out.str(), HasSubstr("=> no lane takes it: the topology has none of the province 12.\n"));
}

TEST_F(where_test, finds_all_keys_of_a_person) {
  topic_says(1, student("10000001", "MAT"));
  topic_says(2, student("10000001", "VAL"));
  topic_says(3, student("10000002", "MAT"));
  site_gets(1, student("10000001", "MAT"));
  site_gets(2, student("10000001", "VAL"));
  EXPECT_EQ(where_person("10000001"), exit_done) << out.str() << errors.str();
  EXPECT_THAT(out.str(), HasSubstr(student("10000001", "MAT").key() + "\n"));
  EXPECT_THAT(out.str(), HasSubstr(student("10000001", "VAL").key() + "\n"));
  EXPECT_THAT(out.str(), Not(HasSubstr("10000002")));
  EXPECT_THAT(out.str(), HasSubstr("=> of 2 keys of the person, 2 at every site that should have them.\n"));

  EXPECT_EQ(where_person("10000002"), exit_failed);
  EXPECT_THAT(out.str(), HasSubstr("=> site eso46 is 1 entry behind.\n"));
  EXPECT_EQ(where_person("10000009"), exit_failed);
  EXPECT_THAT(out.str(), HasSubstr("knows the person 10000009.\n"));
}

TEST_F(where_test, says_which_site_does_not_answer) {
  given_deployment down;
  ASSERT_TRUE(create_topics(down.load(), std::chrono::seconds{20}));
  const auto anna = student("10000001");
  send(down.lane(), anna.key(), anna.json(), 1);
  EXPECT_EQ(
      find_records(down.file(), {anna.key(), "", std::chrono::seconds{5}}, down.environment(), out, errors),
      exit_failed);
  EXPECT_EQ(errors.str(), "");
  EXPECT_THAT(out.str(), HasSubstr("=> site eso46 could not be asked: database_unavailable.\n"));
}

TEST_F(where_test, takes_one_key_or_one_person) {
  EXPECT_EQ(find({"", "", {}}), exit_wrong_usage);
  EXPECT_EQ(find({student("1").key(), "1", {}}), exit_wrong_usage);
  EXPECT_EQ(where("10000001"), exit_wrong_usage);
  EXPECT_THAT(errors.str(), HasSubstr("\"10000001\" is not a key: a key is year/centre"));
  std::ofstream{deployment.file()} << "[kafka";
  EXPECT_EQ(where(student("1").key()), exit_bad_configuration);
}

}  // namespace
}  // namespace matricula
