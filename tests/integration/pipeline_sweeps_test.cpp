// SPDX-License-Identifier: Apache-2.0
#include "pipeline_deployment.hpp"

#include <csignal>

namespace matricula {
namespace {

class pipeline_sweeps : public pipeline_test {
 protected:
  void run_pages(const std::string& pages) {
    const auto [code, printed] = pipeline->finish("run", {"--pages", pages});
    ASSERT_EQ(code, 0) << printed;
  }
  std::vector<std::int64_t> ends_of_all_but_cursors() const {
    auto all = pipeline->ends("ESO-46");
    for (const auto& [topic, partitions] :
         {std::pair{"FP-46", 2}, std::pair{"quarantine", 1}, std::pair{"outcomes", 1}}) {
      const auto more = pipeline->ends(topic, partitions);
      all.insert(all.end(), more.begin(), more.end());
    }
    return all;
  }
};

TEST_F(pipeline_sweeps, sites_follow_the_truth_from_sweep_to_sweep) {
  ASSERT_NO_FATAL_FAILURE(given());

  SCOPED_TRACE("all new");
  ASSERT_NO_FATAL_FAILURE(run_pages("3"));
  ASSERT_NO_FATAL_FAILURE(pipeline->expect_truth());

  const auto ends = ends_of_all_but_cursors();
  const auto eso = pipeline->row_versions("ESO-46"), fp = pipeline->row_versions("FP-46");
  ASSERT_NO_FATAL_FAILURE(run_pages("3"));
  EXPECT_EQ(pipeline->pages_committed(), 6U);
  EXPECT_EQ(ends_of_all_but_cursors(), ends) << "an unchanged sweep is not published";
  EXPECT_EQ(pipeline->row_versions("ESO-46"), eso) << "an unchanged sweep writes no row";
  EXPECT_EQ(pipeline->row_versions("FP-46"), fp);

  auto& simulator = pipeline->simulator();
  auto process = pipeline->start_run();
  simulator.change(0.02);
  ASSERT_TRUE(simulator.passes_a_sweep()) << process.log();
  simulator.change(0);
  ASSERT_TRUE(simulator.passes_a_sweep()) << process.log();
  ASSERT_NO_FATAL_FAILURE(pipeline->expect_truth());
  EXPECT_NE(pipeline->row_versions("ESO-46"), eso);

  simulator.change(0.1);
  ASSERT_TRUE(eventually([&] {
    return simulator.events("withdrawn") > 0 && simulator.events("returned") > 0;
  })) << process.log();
  simulator.change(0);
  ASSERT_TRUE(simulator.passes_a_sweep()) << process.log();
  ASSERT_NO_FATAL_FAILURE(pipeline->expect_truth());
  EXPECT_NE(pipeline->database("ESO-46").value(
                "select count(*) from classrooms.enrolment where status = 'withdrawn'"),
            "0");
  process.signal(SIGTERM);
  EXPECT_EQ(process.exit_code(), 0) << process.log();
}

TEST_F(pipeline_sweeps, every_classroom_has_an_outcome) {
  pipeline_wishes wishes;
  wishes.simulator_options = {"--changes", "0.05"};
  ASSERT_NO_FATAL_FAILURE(given(wishes));
  ASSERT_NO_FATAL_FAILURE(run_pages("7"));

  std::map<std::string, nlohmann::json> last;
  for (const auto& [key, value] : pipeline->messages("outcomes"))
    last[key] = nlohmann::json::parse(value);
  std::size_t classrooms = 0;
  for (const auto& [lane, site] : {std::pair{"ESO-46", "eso46"}, std::pair{"FP-46", "fp46"}})
    for (const auto& row : pipeline->database(lane).query(
             "select c.key, c.classroom_id,"
             " (select count(*) from classrooms.enrolment e where e.classroom_id = c.classroom_id"
             "  and role = 'student' and status = 'enrolled') from classrooms.classroom c")) {
      ++classrooms;
      const auto outcome = last.find(row[0].c_str());
      ASSERT_NE(outcome, last.end()) << row[0].c_str();
      EXPECT_EQ(outcome->second["site"], site);
      EXPECT_EQ(outcome->second["link"],
                std::string{"https://aules.example/"} + site + "/course/view.php?id=" + row[1].c_str());
      EXPECT_EQ(outcome->second["members"]["students"], row[2].as<int>()) << row[0].c_str();
      EXPECT_EQ(outcome->second["refused"], 0);
      EXPECT_GT(outcome->second["created"].get<int>() + outcome->second["changed"].get<int>() +
                    outcome->second["withdrawn"].get<int>(),
                0);
    }
  EXPECT_EQ(last.size(), classrooms);
}

}  // namespace
}  // namespace matricula
