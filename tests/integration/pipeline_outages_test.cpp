// SPDX-License-Identifier: Apache-2.0
#include "pipeline_deployment.hpp"

#include <fstream>
#include <gmock/gmock.h>

namespace matricula {
namespace {

using ::testing::HasSubstr;

class pipeline_outages : public pipeline_test {
 protected:
  /// Lets nobody into a site's database, and throws out who is in.
  void shut(const site_database& database) {
    database.administer("alter database " + database.name() + " allow_connections false");
    database.administer("select pg_terminate_backend(pid) from pg_stat_activity where datname = '" +
                        database.name() + "'");
  }
  void open(const site_database& database) {
    database.administer("alter database " + database.name() + " allow_connections true");
  }
};

TEST_F(pipeline_outages, a_site_that_is_down_holds_up_no_other_and_catches_up) {
  pipeline_wishes wishes;
  wishes.simulator_options = {"--changes", "0.05"};
  ASSERT_NO_FATAL_FAILURE(given(wishes));
  auto& simulator = pipeline->simulator();
  const auto process = pipeline->start_run();
  const auto& down = pipeline->database("FP-46");
  ASSERT_TRUE(eventually([&] { return pipeline->difference("FP-46") != "the site has no tables yet"; }))
      << process.log();

  shut(down);
  ASSERT_TRUE(simulator.passes_a_sweep()) << process.log();
  simulator.change(0);
  ASSERT_TRUE(simulator.passes_a_sweep()) << process.log();
  std::string differs;
  EXPECT_TRUE(eventually([&] { return (differs = pipeline->difference("ESO-46")).empty(); })) << differs;

  EXPECT_TRUE(eventually([&] { return process.has_logged("database_unavailable"); })) << process.log();
  open(down);
  ASSERT_NO_FATAL_FAILURE(pipeline->expect_truth());
}

TEST_F(pipeline_outages, a_site_reads_its_topics_again_while_it_runs) {
  ASSERT_NO_FATAL_FAILURE(given());
  const auto process = pipeline->start_run();
  ASSERT_TRUE(pipeline->simulator().passes_a_sweep()) << process.log();
  ASSERT_NO_FATAL_FAILURE(pipeline->expect_truth());
  pipeline->database("ESO-46").query("delete from classrooms.enrolment where key_hash % 3 = 0");
  EXPECT_NE(pipeline->difference("ESO-46"), "");

  const auto [code, printed] = pipeline->finish("replay", {"--site", "eso46", "--from", "beginning"});
  EXPECT_EQ(code, 0) << printed << process.log();
  EXPECT_THAT(printed, HasSubstr("back to 0"));
  ASSERT_NO_FATAL_FAILURE(pipeline->expect_truth());

  const auto [wrong, why] = pipeline->finish("replay", {"--site", "nowhere", "--from", "beginning"});
  EXPECT_EQ(wrong, 2);
  EXPECT_THAT(why, HasSubstr("nowhere"));
}

TEST_F(pipeline_outages, a_replay_that_nobody_reads_says_so) {
  ASSERT_NO_FATAL_FAILURE(given());
  ASSERT_EQ(pipeline->finish("run", {"--pages", "3"}).first, 0);
  const auto [code, printed] =
      pipeline->finish("replay", {"--site", "eso46", "--from", "2026-01-01T00:00", "--wait", "1s"});
  EXPECT_EQ(code, 1);
  EXPECT_THAT(printed, HasSubstr("does a process run the site eso46"));
  ASSERT_EQ(pipeline->finish("run", {"--pages", "3"}).first, 0);
  ASSERT_NO_FATAL_FAILURE(pipeline->expect_truth());
}

TEST_F(pipeline_outages, without_kafka_a_run_that_shall_not_wait_gives_up_and_names_the_address) {
  pipeline.emplace();
  pipeline->write_topology(2, "127.0.0.1:1");
  const auto [code, printed] = pipeline->finish("run", {"--wait", "1s"});
  EXPECT_EQ(code, 1);
  EXPECT_THAT(printed, HasSubstr("127.0.0.1:1"));
}

TEST_F(pipeline_outages, without_a_site_a_run_that_shall_not_wait_gives_up_and_names_the_address) {
  ASSERT_NO_FATAL_FAILURE(given());
  shut(pipeline->database("FP-46"));
  const auto [code, printed] = pipeline->finish("run", {"--wait", "1s"});
  open(pipeline->database("FP-46"));
  EXPECT_EQ(code, 1);
  const auto url = postgres_url();
  EXPECT_THAT(printed, HasSubstr(url.substr(url.rfind('@') + 1))) << "host and port";
}

TEST_F(pipeline_outages, topics_that_are_missing_or_of_other_partitions_are_named_with_what_mends_them) {
  pipeline.emplace();
  const auto [without, missing] = pipeline->finish("run");
  EXPECT_EQ(without, 1);
  EXPECT_THAT(missing, HasSubstr(pipeline->topic("ESO-46")));
  EXPECT_THAT(missing, HasSubstr("matricula topics " + pipeline->file().string() + " --create"));

  ASSERT_EQ(pipeline->finish("topics", {"--create"}).first, 0);
  pipeline->write_topology(3);
  const auto [otherwise, different] = pipeline->finish("run");
  EXPECT_EQ(otherwise, 1);
  EXPECT_THAT(different, HasSubstr(pipeline->topic("FP-46")));
  EXPECT_THAT(different, HasSubstr("matricula topics " + pipeline->file().string()));
}

TEST_F(pipeline_outages, a_bad_topology_is_told_apart_by_its_exit_code) {
  pipeline.emplace();
  std::ofstream{pipeline->file(), std::ios::app} << "no_such_limit = 1\n";
  const auto [code, printed] = pipeline->finish("run");
  EXPECT_EQ(code, 78);
  EXPECT_THAT(printed, HasSubstr("no_such_limit"));
}

}  // namespace
}  // namespace matricula
