// SPDX-License-Identifier: Apache-2.0
#include "pipeline_deployment.hpp"

#include <fstream>
#include <set>

namespace matricula {
namespace {

using nlohmann::json;

class pipeline_bad_input : public pipeline_test {
 protected:
  struct entry {
    std::string reason;
    std::size_t times = 0;
  };

  /// Waits until all faults have struck.
  bool faults_have_struck() {
    return eventually([this] { return pipeline->simulator().faults()["due"].empty(); });
  }

  /// Each bad record of the simulator's is in quarantine, once and for the reason of its kind, and nothing else is.
  void expect_quarantined(const std::map<std::string, std::string>& reasons, std::size_t count) {
    const auto found = quarantine_by_hash();
    const auto bad = pipeline->simulator().faults()["bad_records"];
    EXPECT_EQ(bad.size(), count);
    for (const auto& record : bad) {
      const auto at = found.find(record["hash"].get<std::string>());
      ASSERT_NE(at, found.end()) << record.dump();
      EXPECT_EQ(at->second.reason, reasons.at(record["kind"])) << record.dump();
      EXPECT_EQ(at->second.times, 1U) << record.dump();
    }
    EXPECT_EQ(found.size(), bad.size());
  }

  /// The quarantine's entries by the last part of their keys, the hash of the record's bytes.
  std::map<std::string, entry> quarantine_by_hash() const {
    std::map<std::string, entry> all;
    for (const auto& [key, value] : pipeline->messages("quarantine")) {
      auto& found = all[key.substr(key.rfind('/') + 1)];
      found.reason = json::parse(value).at("reason").get<std::string>();
      ++found.times;
    }
    return all;
  }
};

TEST_F(pipeline_bad_input, bad_records_go_to_quarantine_and_all_others_to_the_sites) {
  const std::map<std::string, std::string> reasons{{"no-centre", "field_missing"},
                                                   {"unknown-flavour", "lane_unknown"},
                                                   {"wrong-type", "field_type"},
                                                   {"oversize", "record_too_large"}};
  ASSERT_NO_FATAL_FAILURE(given());
  auto& simulator = pipeline->simulator();
  auto faults = json::array();
  for (const auto& [kind, reason] : reasons)
    faults.push_back({{"kind", kind}, {"count", 2}, {"per_page", 2}});
  for (const char* kind : {"twice", "twice-stale"})
    faults.push_back({{"kind", kind}, {"count", 3}, {"per_page", 4}});
  simulator.add_faults(faults);

  const auto process = pipeline->start_run();
  ASSERT_TRUE(faults_have_struck()) << process.log();
  ASSERT_TRUE(simulator.passes_a_sweep()) << process.log();
  ASSERT_NO_FATAL_FAILURE(pipeline->expect_truth());
  expect_quarantined(reasons, 16);
}

TEST_F(pipeline_bad_input, a_record_that_is_never_utf8_goes_to_quarantine_and_its_page_to_the_sites) {
  ASSERT_NO_FATAL_FAILURE(given());
  auto& simulator = pipeline->simulator();
  // Two pages, one after the other, and in the first another bad record beside.
  simulator.add_faults(json::array({{{"kind", "latin1"}, {"count", 2}, {"per_page", 2}, {"stays", true}},
                                    {{"kind", "no-centre"}, {"count", 1}, {"stays", true}}}));

  const auto process = pipeline->start_run();
  ASSERT_TRUE(faults_have_struck()) << process.log();
  ASSERT_TRUE(simulator.passes_a_sweep()) << process.log();
  ASSERT_NO_FATAL_FAILURE(pipeline->expect_truth());
  EXPECT_TRUE(process.has_logged("page_invalid")) << "it was believed at once";
  expect_quarantined({{"latin1", "record_not_utf8"}, {"no-centre", "field_missing"}}, 5);
}

TEST_F(pipeline_bad_input, pages_that_fail_are_read_until_they_are_whole) {
  pipeline_wishes wishes;
  wishes.request_timeout = "500ms";
  wishes.simulator_options = {"--changes", "0.02"};
  ASSERT_NO_FATAL_FAILURE(given(wishes));
  auto& simulator = pipeline->simulator();
  auto faults = json::array();
  std::uint64_t after = 0;
  for (const char* kind :
       {"500", "503", "429", "cut", "hang", "repeat", "empty", "410", "wrong-count", "latin1"})
    for (const std::uint64_t gap : {1U, 0U})  // once amid good pages, once right behind
      faults.push_back({{"kind", kind}, {"count", 1}, {"after", after += 2 * gap}, {"seconds", 2}});
  simulator.add_faults(faults);

  const auto process = pipeline->start_run();
  ASSERT_TRUE(faults_have_struck()) << process.log();
  const auto injected = simulator.faults()["injected"];
  for (const auto& fault : faults)
    EXPECT_EQ(injected[fault["kind"].get<std::string>()], 2) << fault.dump();
  simulator.change(0);
  ASSERT_TRUE(simulator.passes_a_sweep()) << process.log();
  ASSERT_NO_FATAL_FAILURE(pipeline->expect_truth());
  EXPECT_TRUE(pipeline->messages("quarantine").empty()) << "the bytes were good when they were read again";
}

TEST_F(pipeline_bad_input, a_record_that_a_site_refuses_goes_to_quarantine_alone) {
  std::string refused;
  ASSERT_NO_FATAL_FAILURE(given_a_refused_record(refused));

  const auto process = pipeline->start_run();
  std::string differs;
  EXPECT_TRUE(eventually([&] { return (differs = pipeline->difference("ESO-46", {refused})).empty(); }))
      << differs << process.log();
  EXPECT_TRUE(eventually([&] { return (differs = pipeline->difference("FP-46")).empty(); })) << differs;
  EXPECT_EQ(pipeline->difference_of_fields("ESO-46", {refused}), "");
  EXPECT_TRUE(eventually([&] { return !pipeline->messages("quarantine").empty(); })) << process.log();
  const auto entries = pipeline->messages("quarantine");
  ASSERT_EQ(entries.size(), 1U);
  const auto value = json::parse(entries[0].second);
  EXPECT_NE(entries[0].first.find(refused), std::string::npos) << entries[0].first;
  EXPECT_EQ(value["key"], refused);
  EXPECT_EQ(value["site"], "eso46");
  EXPECT_EQ(value["reason"], "row_refused");
  EXPECT_EQ(value["topic"], pipeline->topic("ESO-46"));
  const auto [code, printed] = pipeline->finish("verify");
  EXPECT_EQ(code, 0) << printed;
}

}  // namespace
}  // namespace matricula
