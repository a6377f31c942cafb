// SPDX-License-Identifier: Apache-2.0
#include "pipeline/report.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <utility>

namespace matricula::bench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct report_test : testing::Test {
  std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("bench_report_" + std::to_string(getpid()) + ".jsonl");

  ~report_test() override { std::filesystem::remove(file); }

  static measured page(int run, double applied_ms) {
    return {"page", "1 % changed", run, 30'000, {{"applied_ms", applied_ms}}};
  }

  static nlohmann::json machine(const char* commit) {
    return {{"machine", {{"cpu", "a"}, {"cores", 2}, {"memory_bytes", 1e9}, {"kernel", "L"}}},
            {"commit", commit},
            {"command", "bench_pipeline"},
            {"build", "Release"},
            {"time", "2026-11-24T04:53:20Z"},
            {"settings", {{"fsync", "on"}}}};
  }

  result_lines with_runs(const std::vector<double>& applied_ms) const {
    std::filesystem::remove(file);
    result_lines results{file};
    for (const auto value : applied_ms)
      results.add({page(static_cast<int>(results.all().size()) + 1, value)});
    return results;
  }
};

TEST(spread_test, is_the_median_between_the_least_and_the_greatest) {
  const auto odd = spread_of({3, 1, 2}), even = spread_of({4, 1, 2, 3});
  EXPECT_EQ(odd.median, 2);
  EXPECT_EQ(odd.least, 1);
  EXPECT_EQ(odd.greatest, 3);
  EXPECT_EQ(even.median, 2.5);
  EXPECT_EQ(spread_of({}).runs, 0U);
}

TEST_F(report_test, an_interrupted_round_goes_on_after_its_last_whole_line) {
  with_runs({100, 110});
  std::ofstream{file, std::ios::app} << R"({"scenario": "page", "about": "1 % ch)";
  const result_lines again{file};
  EXPECT_TRUE(again.has("page", 30'000, 2));
  EXPECT_FALSE(again.has("page", 30'000, 3));
  EXPECT_FALSE(again.has("page", 3'000, 1));
}

TEST_F(report_test, says_what_was_reached_and_what_was_not) {
  EXPECT_THAT(report_text(with_runs({120, 100, 110}), {}),
              HasSubstr("| page alone, 1 % changed | ≤ 200 ms | 110 (100–120) ms | 3 | yes |"));
  EXPECT_THAT(report_text(with_runs({1'234}), {}), HasSubstr("| 1,234 ms | 1 | **no** |"));
  EXPECT_THAT(report_text(with_runs({}), {}), HasSubstr("not measured"));
}

TEST_F(report_test, tells_a_figure_from_a_bound_that_it_just_misses) {
  EXPECT_THAT(report_text(with_runs({200.04}), {}), HasSubstr("≤ 200 ms | 200.04 ms | 1 | **no** |"));
  EXPECT_THAT(report_text(with_runs({200}), {}), HasSubstr("≤ 200 ms | 200 ms | 1 | yes |"));
}

TEST_F(report_test, finds_worse_what_has_lost_more_than_it_varied) {
  const auto with_ratios = [&](const std::vector<double>& ratios) {
    std::filesystem::remove(file);
    result_lines results{file};
    for (const auto value : ratios)
      results.add(
          {{"page", "new", static_cast<int>(results.all().size()) + 1, 30'000, {{"latency_ratio", value}}}});
    return results;
  };
  const auto earlier = report_json(with_ratios({1.0, 1.1, 1.2}));
  const auto is_worse = [&](double now) {
    const auto found = compared_with(earlier, with_ratios({now}));
    return found.size() == 1 && found[0].verdict == comparison::worse;
  };
  EXPECT_FALSE(is_worse(0.5));
  EXPECT_FALSE(is_worse(1.29));
  EXPECT_TRUE(is_worse(1.31));
}

TEST_F(report_test, tells_times_but_does_not_judge_them) {
  const auto found = compared_with(report_json(with_runs({100, 110, 120})), with_runs({1'000}));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].verdict, comparison::a_time);
  EXPECT_EQ(found[0].text, "page alone, 1 % changed: 1,000 ms, was 110 (100–120)");
}

TEST_F(report_test, tells_what_a_page_a_record_and_a_classroom_cost) {
  result_lines results{file};
  for (const auto& [records, classrooms] :
       {std::pair{300.0, 12.0}, {10'000.0, 386.0}, {300.0, 300.0}, {10'000.0, 1'200.0}}) {
    EXPECT_THAT(sum_of_changes(results), IsEmpty());
    results.add({{"changes",
                  fmt::format("{} records in {} classrooms", records, classrooms),
                  1,
                  30'000,
                  {{"changed_records", records},
                   {"other_entries", classrooms + 2},
                   {"applied_ms", 75 + 0.023 * records + 0.089 * classrooms}}}});
  }
  const auto found = sum_of_changes(results);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NEAR(found[0].values.at("fixed_ms"), 75, 1e-6);
  EXPECT_NEAR(found[0].values.at("us_per_changed"), 23, 1e-6);
  EXPECT_NEAR(found[0].values.at("us_per_classroom"), 89, 1e-6);
  EXPECT_NEAR(found[0].values.at("residual_ratio"), 0, 1e-9);
  results.include(found);
  EXPECT_THAT(report_text(results, {}),
              HasSubstr("together and strewn: greatest deviation | ≤ 20 % | 0.0 % | 1 | yes |"));
}

struct report_of_several_origins_test : report_test {
  result_lines results{file};

  report_of_several_origins_test() {
    auto older = machine("older"), newer = machine("newer");
    older["settings"]["round trip"] = "86 µs";
    newer["settings"]["round trip"] = "21 µs";
    newer["command"] = "bench_pipeline --scenario sweep";
    results.add_origin(older);
    results.add({page(1, 100), page(2, 120), page(3, 90)});
    results.add_origin(newer);
    results.add({{"sweep", "unchanged", 1, 30'000, {{"seconds_s", 2}, {"records", 1e6}}},
                 {"sweep", "new", 1, 30'000, {{"seconds_s", 1}}}});
    results.add({{"sweep", "unchanged", 2, 30'000, {{"seconds_s", 4}, {"records", 1e6}}}});
    results.include({{"parts", "decode", 1, 0, {{"real_ms", 1}}}},
                    {{"commit", "newer"}, {"time", "2026-11-25T00:00:00+01:00"}});
  }
};

TEST_F(report_of_several_origins_test, tells_of_each_where_it_is_another) {
  const auto text = report_text(results, {});
  EXPECT_THAT(text, HasSubstr("| build | Release |\n| fsync | on |\n"));
  EXPECT_THAT(text, HasSubstr("| measured | commit | begun | command | round trip |\n"));
  EXPECT_THAT(text, HasSubstr("| page | older | 2026-11-24T04:53:20Z | `bench_pipeline` | 86 µs |\n"));
  EXPECT_THAT(
      text,
      HasSubstr("| sweep | newer | 2026-11-24T04:53:20Z | `bench_pipeline --scenario sweep` | 21 µs |\n"));
  EXPECT_THAT(text, HasSubstr("| parts | newer | 2026-11-25T00:00:00+01:00 | – | – |\n"));
}

TEST_F(report_of_several_origins_test, says_where_a_section_comes_from) {
  const auto text = report_text(results, {});
  EXPECT_THAT(text, HasSubstr("Measured at older of 2026-11-24.\n"));
  EXPECT_THAT(text, HasSubstr("Measured at newer of 2026-11-24.\n"));
  EXPECT_THAT(text, HasSubstr("Measured at newer of 2026-11-25.\n"));
}

TEST_F(report_of_several_origins_test, is_written_anew_from_its_figures) {
  const auto figures = report_json(results);
  const auto again = result_lines::of_report(figures);
  EXPECT_EQ(report_text(again, {}), report_text(results, {}));
  EXPECT_EQ(report_json(again), figures);
}

TEST_F(report_test, tells_what_rate_the_cpu_allows) {
  result_lines results{file};
  results.add_origin(machine("here"));
  const auto ten_pages = [](int run, double rate) {
    return measured{"throughput",
                    "1 site",
                    run,
                    30'000,
                    {{"records_per_s", rate},
                     {"program_cpu_s_per_million", 12},
                     {"kafka_cpu_s_per_million", 6},
                     {"postgres_cpu_s_per_million", 32}}};
  };
  results.add({ten_pages(1, 30'000), ten_pages(2, 36'000), page(1, 100)});
  results.include(bounds_by_cpu(results));
  EXPECT_EQ(results.of("throughput", "1 site", "cpu_bound_per_s").median, 2e6 / 50);
  EXPECT_DOUBLE_EQ(results.of("throughput", "1 site", "cpu_bound_ratio").least, 0.75);
  EXPECT_DOUBLE_EQ(results.of("throughput", "1 site", "cpu_bound_ratio").greatest, 0.9);
  EXPECT_THAT(report_text(results, {}), HasSubstr("| 40,000 | 0.82 (0.75–0.90) | 12.00 | 6.00 | 32.00 |"));
  EXPECT_EQ(results.of("page", "1 % changed", "cpu_bound_per_s").runs, 0U);
}

TEST_F(report_test, compares_what_was_measured_in_a_hurry_with_its_like) {
  result_lines results{file};
  auto quick = page(1, 100);
  quick.scenario += quick_mark;
  results.add({quick});
  const auto alike = compared_with(report_json(results), results);
  ASSERT_EQ(alike.size(), 1U);
  EXPECT_EQ(alike[0].verdict, comparison::a_time);
  const auto unlike = compared_with(report_json(with_runs({100})), results);
  ASSERT_EQ(unlike.size(), 1U);
  EXPECT_EQ(unlike[0].verdict, comparison::unknown);
  EXPECT_EQ(unlike[0].text, "page alone, 1 % changed (quick): 100 ms, there is no earlier figure");
}

TEST_F(report_test, says_what_it_compares_with) {
  nlohmann::json earlier;
  {
    result_lines results{file};
    results.add_origin(machine("older"));
    results.add({page(1, 100)});
    results.add({{"sweep", "new", 1, 30'000, {{"seconds_s", 1}}}});
    results.add_origin(machine("newer"));
    results.add({{"idle", "12 sites", 1, 30'000, {{"threads", 1}}}});
    earlier = report_json(results);
  }
  EXPECT_THAT(origins_of(earlier, with_runs({100})),
              ElementsAre("newer of 2026-11-24", "page: Measured at older of 2026-11-24."));
}

TEST_F(report_test, judges_the_longest_wait_by_the_worst_of_all_runs) {
  result_lines results{file};
  for (const auto& [run, wait_ms] : {std::pair{1, 12.0}, {2, 403.0}, {3, 17.0}})
    results.add({{"moodle", "new", run, 30'000, {{"writer_ms_max", wait_ms}}}});
  EXPECT_THAT(report_text(results, {}), HasSubstr("a full Moodle: longest wait of a page that writes, in any "
                                                  "run | ≤ 200 ms | 17 (12–403) ms | 3 | **no** |"));
}

TEST_F(report_test, an_unchanged_page_may_leave_its_cursor_and_nothing_else_in_kafka) {
  const auto reached = [&](double entries) {
    std::filesystem::remove(file);
    result_lines results{file};
    results.add({{"page", "unchanged", 1, 30'000, {{"other_entries", entries}}}});
    const auto text = report_text(results, {});
    return text.find(fmt::format("its transaction, in any run | ≤ 2  | {:.0f}  | 1 | yes |", entries)) !=
           std::string::npos;
  };
  EXPECT_TRUE(reached(2));
  EXPECT_FALSE(reached(3));
}

TEST_F(report_test, tells_a_program_which_goals_are_reached) {
  result_lines results{file};
  results.add_origin(machine("here"));
  results.add({page(1, 100), page(2, 900), page(3, 150)});
  const auto all = report_json(results);
  EXPECT_EQ(all.at("records"), 30'000);
  EXPECT_EQ(all.at("origins").at(all.at("origins_of").at("page").at(0).get<std::size_t>()).at("commit"),
            "here");
  const auto found = [&](const std::string& scenario, const std::string& about) {
    const auto& goals = all.at("goals");
    return *std::find_if(goals.begin(), goals.end(), [&](const auto& each) {
      return each.at("scenario") == scenario && each.at("about") == about &&
             each.at("figure") == "applied_ms";
    });
  };
  const auto known = found("page", "1 % changed"), unknown = found("page", "unchanged");
  EXPECT_EQ(known.at("measured"), 150);
  EXPECT_EQ(known.at("bound"), 200);
  EXPECT_EQ(known.at("side"), "at_most");
  EXPECT_EQ(known.at("judged_by"), "median");
  EXPECT_EQ(known.at("reached"), true);
  EXPECT_TRUE(unknown.at("measured").is_null());
  EXPECT_TRUE(unknown.at("reached").is_null());
}

TEST_F(report_test, names_what_the_peer_does_better) {
  result_lines results{file};
  results.add({{"backlog", "new", 1, 30'000, {{"seconds_s", 2}, {"wal_bytes", 90}}},
               {"backlog", "new, Kafka Connect", 1, 30'000, {{"seconds_s", 20}, {"wal_bytes", 80}}}});
  const auto text = report_text(results, {});
  EXPECT_THAT(text, HasSubstr("- new rows, WAL bytes: 80.00 against 90.00"));
  EXPECT_THAT(text, Not(HasSubstr("- new rows, seconds")));
}

TEST_F(report_test, puts_benchmarks_that_came_in_turns_in_their_order) {
  std::ofstream{file} << R"({"benchmarks": [
    {"run_type": "iteration", "run_name": "b/2", "family_index": 1, "per_family_instance_index": 1, "real_time": 1,
     "time_unit": "ms"},
    {"run_type": "iteration", "run_name": "b/1", "family_index": 1, "per_family_instance_index": 0, "real_time": 1,
     "time_unit": "ms"},
    {"run_type": "iteration", "run_name": "a", "family_index": 0, "per_family_instance_index": 0, "real_time": 1,
     "time_unit": "ms"}]})";
  const auto all = parts_in(file);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].about, "a");
  EXPECT_EQ(all[1].about, "b/1");
  EXPECT_EQ(all[2].about, "b/2");
}

TEST_F(report_test, takes_the_repetitions_of_google_benchmark_for_runs) {
  std::ofstream{file} << R"({"benchmarks": [
    {"run_type": "iteration", "run_name": "floor_key_fields_by_simdjson", "repetition_index": 1, "real_time": 14.0,
     "time_unit": "ms", "items_per_second": 2e6},
    {"run_type": "iteration", "run_name": "decode_and_dedup_of_an_unchanged_page/1000000", "repetition_index": 1,
     "real_time": 20000.0, "time_unit": "us"},
    {"run_type": "aggregate", "run_name": "floor_key_fields_by_simdjson", "real_time": 1, "time_unit": "ms"}]})";
  const auto all = parts_in(file);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].run, 2);
  EXPECT_DOUBLE_EQ(all[0].values.at("ns_per_item"), 500);
  EXPECT_DOUBLE_EQ(all[1].values.at("real_ms"), 20);
  EXPECT_DOUBLE_EQ(all[2].values.at("decode_ratio"), 0.7);
}

}  // namespace
}  // namespace matricula::bench
