// SPDX-License-Identifier: Apache-2.0
#include "actors/supervise/run_figures.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

namespace matricula {
namespace {

using namespace std::chrono_literals;

struct run_figures_test : testing::Test {
  run_figures figures{{"itaca"}, {{"eso46", {"ESO-46"}}, {"all", {"ESO-46", "FP-46"}}}, 100};
  steady_time start{};

  page_receipt page_of(std::uint64_t number, std::vector<partition_end> ends) {
    page_receipt receipt;
    receipt.source = "itaca";
    receipt.number = number;
    receipt.read = 10;
    receipt.changed = 4;
    receipt.unchanged = 6;
    receipt.lanes = {{"ESO-46", 3}, {"FP-46", 1}};
    receipt.ends = std::move(ends);
    receipt.requested_at = start;
    receipt.published_at = start + 50ms;
    return receipt;
  }

  void applied(const std::string& site, const std::string& topic, std::int64_t next_offset,
               std::chrono::milliseconds at) {
    applied_receipt receipt;
    receipt.from = {topic, 0};
    receipt.next_offset = next_offset;
    receipt.applied_at = start + at;
    figures.applied(site, receipt);
  }

  nlohmann::json first_page() const { return nlohmann::json::parse(figures.json()).at("pages").at(0); }
};

TEST_F(run_figures_test, sums_up_what_became_of_a_sites_records) {
  applied_receipt receipt;
  receipt.from = {"ESO-46", 0};
  receipt.records = 12;
  receipt.created = 5;
  receipt.withdrawn = 3;
  receipt.unchanged = 4;
  receipt.held = 2;
  figures.applied("eso46", receipt);
  figures.applied("eso46", receipt);
  const auto site = nlohmann::json::parse(figures.json()).at("sites").at(0);
  EXPECT_EQ(site.at("applied"), 24);
  EXPECT_EQ(site.at("created"), 10);
  EXPECT_EQ(site.at("withdrawn"), 6);
  EXPECT_EQ(site.at("unchanged"), 8);
  EXPECT_EQ(site.at("held"), 4);
}

TEST_F(run_figures_test, counts_no_memory_of_what_started_the_program) {
  constexpr const char* is_the_child = "MATRICULA_TEST_TELLS_ITS_PEAK";
  constexpr std::size_t large = 512U << 20;
  if (std::getenv(is_the_child) != nullptr) {
    const auto process = nlohmann::json::parse(figures.json()).at("process");
    EXPECT_GT(process.at("rss_peak_bytes"), 1'000'000);
    EXPECT_LT(process.at("rss_peak_bytes"), large);
    return;
  }
  const std::vector<char> held(large, '\1');
  const auto child = fork();
  if (child == 0) {
    setenv(is_the_child, "yes", 1);
    execl("/proc/self/exe", "stages_tests", "--gtest_filter=*counts_no_memory_of_what_started_the_program",
          nullptr);
    _exit(127);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(run_figures_test, a_page_is_applied_when_the_last_site_has_its_last_record) {
  figures.page(page_of(1, {{{"ESO-46", 0}, 9}, {{"FP-46", 0}, 4}}));
  applied("eso46", "ESO-46", 10, 100ms);
  applied("all", "ESO-46", 10, 120ms);
  applied("all", "FP-46", 4, 130ms);
  EXPECT_FALSE(figures.pages_applied(1));
  EXPECT_TRUE(first_page()["applied_ms"].is_null());
  applied("all", "FP-46", 5, 170ms);
  EXPECT_TRUE(figures.pages_applied(1));
  EXPECT_DOUBLE_EQ(first_page()["applied_ms"], 170.0);
  EXPECT_DOUBLE_EQ(first_page()["published_ms"], 50.0);
  EXPECT_EQ(first_page()["applied"], 3 + 3 + 1);
}

TEST_F(run_figures_test, a_site_may_be_faster_than_the_receipt) {
  applied("eso46", "ESO-46", 10, 60ms);
  applied("eso46", "ESO-46", 20, 90ms);
  applied("all", "ESO-46", 20, 55ms);
  figures.page(page_of(1, {{{"ESO-46", 0}, 9}}));
  EXPECT_DOUBLE_EQ(first_page()["applied_ms"], 60.0);
}

TEST_F(run_figures_test, a_page_without_changes_is_applied_when_it_is_published) {
  figures.page(page_of(1, {}));
  EXPECT_TRUE(figures.pages_applied(1));
  EXPECT_DOUBLE_EQ(first_page()["applied_ms"], 50.0);
}

TEST_F(run_figures_test, a_page_whose_receipt_is_lost_counts_when_every_site_has_what_the_lanes_hold) {
  figures.begins("itaca", {6, "6", 2, {{{"ESO-46", 0}, 3}}});  // pages of earlier runs are not this one's
  figures.page(page_of(7, {}));
  figures.begins("itaca", {9, "9", 2, {{{"ESO-46", 0}, 20}}});
  EXPECT_TRUE(figures.pages_applied(1));
  EXPECT_FALSE(figures.pages_applied(2));
  applied("eso46", "ESO-46", 21, 60ms);
  applied("all", "ESO-46", 21, 60ms);
  EXPECT_TRUE(figures.pages_applied(3));
  figures.begins("itaca", {9, "9", 2, {}});
  EXPECT_FALSE(figures.pages_applied(4));
}

TEST_F(run_figures_test, topics_of_other_nodes_are_not_waited_for) {
  figures.page(page_of(1, {{{"Primaria-12", 0}, 9}}));
  EXPECT_TRUE(figures.pages_applied(1));
}

TEST_F(run_figures_test, tells_when_a_page_was_requested_and_a_site_applied_last) {
  run_figures late{{"itaca"}, {{"eso46", {"ESO-46"}}}, 100, start - 20ms};
  EXPECT_TRUE(nlohmann::json::parse(late.json())["sites"][0]["applied_at"].is_null());
  late.page(page_of(1, {}));
  applied_receipt receipt;
  receipt.from = {"ESO-46", 0};
  receipt.applied_at = std::chrono::steady_clock::now();
  late.applied("eso46", receipt);
  const auto told = nlohmann::json::parse(late.json());
  EXPECT_DOUBLE_EQ(told["pages"][0]["requested_ms"].get<double>(), 20);
  EXPECT_THAT(told["sites"][0]["applied_at"].get<std::string>(),
              testing::MatchesRegex("20.*T.*\\.[0-9]{3}Z"));
}

TEST_F(run_figures_test, tells_the_lag_that_it_was_told_last) {
  figures.lag("eso46", 9);
  figures.lag("eso46", 6);
  figures.lag("of another node", 5);
  EXPECT_EQ(nlohmann::json::parse(figures.json()).at("sites").at(0)["lag"], 6);
}

TEST_F(run_figures_test, names_what_hinders_a_part_of_a_site) {
  const auto site = [this] { return nlohmann::json::parse(figures.json()).at("sites").at(0); };
  figures.event({"site:eso46", "running", ""});
  figures.event({"site:eso46", "database_unavailable", "", "ESO-46-1"});
  EXPECT_EQ(site()["state"], "database_unavailable");
  figures.event({"site:eso46", "running", "", "ESO-46-0"});
  EXPECT_EQ(site()["state"], "database_unavailable");
  figures.event({"site:eso46", "running", "", "ESO-46-1"});
  EXPECT_EQ(site()["state"], "running");
}

TEST_F(run_figures_test, knows_no_lag_of_a_site_without_partitions) {
  const auto site = [this] { return nlohmann::json::parse(figures.json()).at("sites").at(0); };
  figures.event({"site:eso46", "waiting", "", "membership"});
  EXPECT_EQ(site()["state"], "waiting");
  EXPECT_TRUE(site()["lag"].is_null());
}

TEST_F(run_figures_test, counts_restarts_and_names_the_state) {
  figures.event({"source:itaca", "restarting", ""});
  figures.event({"source:itaca", "running", ""});
  figures.event({"site:eso46", "running", ""});
  const auto json = nlohmann::json::parse(figures.json());
  EXPECT_EQ(json["sources"][0]["restarts"], 1);
  EXPECT_EQ(json["sources"][0]["state"], "running");
  EXPECT_EQ(json["sites"][0]["state"], "running");
}

}  // namespace
}  // namespace matricula
