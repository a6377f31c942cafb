// SPDX-License-Identifier: Apache-2.0
#include "messages/retry_note.hpp"
#include "pipeline_deployment.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <fstream>

namespace matricula {
namespace {

using ::testing::HasSubstr;

class pipeline_retry : public pipeline_test {
 protected:
  /// `matricula quarantine FILE WORD...`, which succeeds: what it prints.
  std::string quarantine(const std::vector<std::string>& words) {
    const auto [code, printed] = pipeline->finish("quarantine", words);
    EXPECT_EQ(code, 0) << printed;
    return printed;
  }

  std::size_t entries() const {
    std::size_t count = 0;
    for (const auto& [key, value] : pipeline->messages("quarantine"))
      if (!retry_note::is_key(key))
        ++count;
    return count;
  }

  /// How many retries have come to this state as their last.
  std::size_t retries(retry_state state) const {
    std::map<std::string, retry_state> last;
    for (const auto& [key, value] : pipeline->messages("quarantine"))
      if (const auto note = retry_note::read(value); note && retry_note::is_key(key))
        last[key] = note->state;
    return static_cast<std::size_t>(
        std::count_if(last.begin(), last.end(), [&](const auto& each) { return each.second == state; }));
  }

  bool equal(const std::string& lane) {
    return eventually([&] { return (differs = pipeline->difference(lane)).empty(); });
  }

  std::string differs;
};

TEST_F(pipeline_retry, brings_a_record_to_the_site_whose_constraint_had_refused_it) {
  std::string refused;
  ASSERT_NO_FATAL_FAILURE(given_a_refused_record(refused));

  const auto process = pipeline->start_run();
  ASSERT_TRUE(eventually([&] { return (differs = pipeline->difference("ESO-46", {refused})).empty(); }))
      << differs << process.log();
  ASSERT_TRUE(eventually([&] { return entries() == 1; })) << process.log();

  // As long as the site is as it is, the retry is refused again, and so is an entry again.
  const std::vector<std::string> retry{"retry",       "--site",  "eso46",           "--reason",
                                       "row_refused", "--since", "2020-01-01T00:00"};
  EXPECT_THAT(quarantine(retry), HasSubstr("1 entry to be retried: 1 with the next page of source itaca\n"));
  ASSERT_TRUE(eventually([&] { return entries() == 2; })) << process.log();
  EXPECT_EQ(retries(retry_state::retried), 1U);
  EXPECT_THAT(quarantine({"list"}), HasSubstr("\n1 entry: 1 row_refused\n"));

  pipeline->database("ESO-46").query("alter table classrooms.enrolment drop constraint no_such_place");
  EXPECT_THAT(quarantine({"retry", "site/eso46/" + refused}), HasSubstr("1 entry to be retried"));
  EXPECT_TRUE(equal("ESO-46")) << differs << process.log();
  EXPECT_EQ(pipeline->difference_of_fields("ESO-46"), "");
  EXPECT_EQ(retries(retry_state::retried), 2U);
  EXPECT_EQ(entries(), 2U);
  EXPECT_THAT(quarantine({"list"}), HasSubstr("0 entries; 1 retried, which --all lists\n"));
  EXPECT_THAT(quarantine({"show", "site/eso46/" + refused}), HasSubstr("\"state\": \"retried\""));
  const auto [verified, told] = pipeline->finish("verify");
  EXPECT_EQ(verified, 0) << told;
  const auto [found, way] = pipeline->finish("where", {refused});
  EXPECT_EQ(found, 0) << way;
  EXPECT_THAT(way, HasSubstr("retried 2"));
}

TEST_F(pipeline_retry, publishes_what_had_no_lane_once_the_topology_has_one) {
  ASSERT_NO_FATAL_FAILURE(given());
  std::ifstream whole{pipeline->file()};
  std::string text{std::istreambuf_iterator<char>{whole}, {}};
  const std::string lane = "[[lane]]\nflavour = \"FP\"\nprovinces = [\"46\"]\n";
  text.erase(text.find(lane), lane.size());
  const auto site = text.find("[[site]]\nname = \"fp46\"");
  text.erase(site, text.find("[limits]") - site);
  std::ofstream{pipeline->file()} << text;

  auto& simulator = pipeline->simulator();
  {
    auto process = pipeline->start_run();
    ASSERT_TRUE(simulator.passes_a_sweep()) << process.log();
    ASSERT_TRUE(equal("ESO-46")) << differs << process.log();
    process.signal(SIGTERM);
    EXPECT_EQ(process.exit_code(), 0) << process.log();
  }
  const auto truth = simulator.hashes("FP-46");
  ASSERT_FALSE(truth.empty());
  ASSERT_EQ(entries(), truth.size());

  // Nobody runs while it is asked for, and the source will send nothing any more.
  pipeline->write_topology();
  EXPECT_THAT(quarantine({"retry", "--source", "itaca", "--reason", "lane_unknown"}),
              HasSubstr(std::to_string(truth.size()) + " entries to be retried"));
  simulator.add_faults(nlohmann::json::array({{{"kind", "503"}, {"count", 1'000'000}}}));
  {
    auto process = pipeline->start_run();
    EXPECT_TRUE(eventually([&] { return retries(retry_state::retried) > 0; })) << process.log();
    process.kill();
  }
  const auto process = pipeline->start_run();
  EXPECT_TRUE(equal("FP-46")) << differs << process.log();
  EXPECT_TRUE(eventually([&] { return retries(retry_state::retried) == truth.size(); })) << process.log();
  EXPECT_EQ(retries(retry_state::asked), 0U);
  EXPECT_EQ(pipeline->messages("FP-46").size(), truth.size());  // each once
  EXPECT_THAT(quarantine({"list"}),
              HasSubstr("0 entries; " + std::to_string(truth.size()) + " retried, which --all lists\n"));
  simulator.clear_faults();
  ASSERT_NO_FATAL_FAILURE(pipeline->expect_truth());
}

}  // namespace
}  // namespace matricula
