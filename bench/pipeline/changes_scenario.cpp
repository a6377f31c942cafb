// SPDX-License-Identifier: Apache-2.0
#include "lone_pages.hpp"

namespace matricula::bench {
namespace {

/// What a page costs of which so large a share is otherwise than its source had it first; from case to case some records
/// change back, too.
class changes_scenario final : public scenario {
 public:
  changes_scenario(const servers& on, const bench_settings& settings)
      : on_(on)
      , settings_(settings)
      , school_(settings.page, lanes_of(two_sites()), settings.page) {}

  std::vector<measured> run(int number, const std::filesystem::path& folder) override {
    std::vector<std::string> cases;
    std::vector<records_of_page> pages{school_.page(0)};
    for (const auto& [name, share] : shares) {
      cases.emplace_back(name);
      pages.push_back(school_.changed_page(0, share));
    }
    pages.push_back(pages.back());
    page_feed feed{std::move(pages)};
    bench_deployment world{on_, folder / "world", "changes" + std::to_string(number),
                           wishes_for_two_sites(settings_, feed)};
    auto all = lone_pages{on_, world, feed, settings_.every_s}.run("changes", cases, number, settings_.page);
    for (auto& each : all)
      each.values["us_per_changed"] = 1'000 * each.values["applied_ms"] / each.values["changed_records"];
    return all;
  }

 private:
  static constexpr std::pair<const char*, double> shares[] = {
      {"1 %", 0.01}, {"3 %", 0.03}, {"10 %", 0.1}, {"30 %", 0.3}, {"90 %", 0.9}};

  const servers& on_;
  bench_settings settings_;
  school_records school_;
};

}  // namespace

scenario_ptr make_changes_scenario(const servers& on, const bench_settings& settings) {
  return std::make_unique<changes_scenario>(on, settings);
}

}  // namespace matricula::bench
