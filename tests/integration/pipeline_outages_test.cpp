// SPDX-License-Identifier: Apache-2.0
#include "pipeline_deployment.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>
#include <gmock/gmock.h>
#include <regex>
#include <sstream>
#include <thread>

namespace matricula {
namespace {

using ::testing::Each;
using ::testing::Gt;
using ::testing::HasSubstr;

/// Waits for the next full second: that, as `replay --from` takes it. What has been published is older.
std::string at_next_second() {
  const auto second = std::chrono::ceil<std::chrono::seconds>(std::chrono::system_clock::now());
  std::this_thread::sleep_until(second);
  const auto time = std::chrono::system_clock::to_time_t(second);
  std::tm parts{};
  gmtime_r(&time, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  return text;
}

/// What `matricula replay` has printed.
struct shown_replay {
  std::vector<std::int64_t> starts;    ///< where partitions begin again
  std::int64_t entries = 0;            ///< to be read again
  std::vector<std::int64_t> progress;  ///< of those, line by line
};

shown_replay shown_in(const std::string& printed) {
  static const std::regex way{R"(.*-\d+: from (\d+) back to (\d+))"}, progress{R"((\d+) of (\d+) entries)"};
  shown_replay shown;
  std::istringstream lines{printed};
  std::smatch found;
  for (std::string line; std::getline(lines, line);)
    if (std::regex_match(line, found, way)) {
      shown.starts.push_back(std::stoll(found[2]));
      shown.entries += std::stoll(found[1]) - shown.starts.back();
    } else if (std::regex_match(line, found, progress)) {
      shown.progress.push_back(std::stoll(found[1]));
      EXPECT_EQ(std::stoll(found[2]), shown.entries) << printed;
    }
  return shown;
}

void expect_shown_to_the_end(const std::string& printed) {
  const auto shown = shown_in(printed);
  ASSERT_FALSE(shown.progress.empty()) << printed;
  EXPECT_TRUE(std::is_sorted(shown.progress.begin(), shown.progress.end())) << printed;
  EXPECT_GT(shown.entries, 0) << printed;
  EXPECT_EQ(shown.progress.back(), shown.entries) << printed;
}

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
  expect_shown_to_the_end(printed);
  ASSERT_NO_FATAL_FAILURE(pipeline->expect_truth());

  const auto [wrong, why] = pipeline->finish("replay", {"--site", "nowhere", "--from", "beginning"});
  EXPECT_EQ(wrong, 2);
  EXPECT_THAT(why, HasSubstr("nowhere"));
}

TEST_F(pipeline_outages, a_site_reads_again_what_was_published_since_a_time) {
  ASSERT_NO_FATAL_FAILURE(given());
  auto& simulator = pipeline->simulator();
  const auto& database = pipeline->database("ESO-46");
  const auto process = pipeline->start_run();
  ASSERT_TRUE(simulator.passes_a_sweep()) << process.log();
  ASSERT_NO_FATAL_FAILURE(pipeline->expect_truth());
  const auto revision = database.value("select max(revision) from classrooms.record");
  const auto time = at_next_second();
  simulator.change(0.2);
  ASSERT_TRUE(simulator.passes_a_sweep()) << process.log();
  simulator.change(0);
  ASSERT_TRUE(simulator.passes_a_sweep()) << process.log();
  ASSERT_NO_FATAL_FAILURE(pipeline->expect_truth());

  const auto old = database.query(
      "select key, key_hash from classrooms.record where revision <= " + revision + " limit 1");
  ASSERT_EQ(old.size(), 1);
  const std::string key = old[0][0].c_str(), key_hash = old[0][1].c_str();
  const auto gone = database.query("delete from classrooms.enrolment where revision > " + revision +
                                   " or key_hash = " + key_hash + " returning 1");
  EXPECT_GT(gone.size(), 1);

  const auto [code, printed] =
      pipeline->finish("replay", {"--site", "eso46", "--lane", "ESO-46", "--from", time});
  EXPECT_EQ(code, 0) << printed << process.log();
  EXPECT_THAT(shown_in(printed).starts, Each(Gt(0))) << printed;
  expect_shown_to_the_end(printed);
  EXPECT_EQ(pipeline->difference("ESO-46", {key}), "") << "what is older was not read again";
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
