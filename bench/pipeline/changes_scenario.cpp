// SPDX-License-Identifier: Apache-2.0
#include "lone_pages.hpp"

#include <fmt/format.h>

#include <cmath>

namespace matricula::bench {
namespace {

/// What a page costs of which so many records are otherwise than in the page before: in places that lie together, and then
/// in strewn ones, all people have got new addresses.
class changes_scenario final : public scenario {
 public:
  changes_scenario(const servers& on, const bench_settings& settings)
      : on_(on)
      , settings_(settings)
      , school_(settings.page, lanes_of(two_sites()), settings.page) {}

  std::vector<measured> run(int number, const std::filesystem::path& folder) override {
    auto all = with(where::together, "", number, folder / "together");
    auto strewn = with(where::strewn, ", strewn", number, folder / "strewn");
    all.insert(all.end(), strewn.begin(), strewn.end());
    return all;
  }

 private:
  std::vector<measured> with(where place, const char* mark, int number,
                             const std::filesystem::path& folder) const {
    std::vector<std::string> cases;
    std::vector<records_of_page> pages{school_.page(0)};
    for (const auto share : shares) {
      const auto records =
          static_cast<std::uint64_t>(std::llround(share * static_cast<double>(settings_.page)));
      cases.push_back(fmt::format("{} places{}", records, mark));
      pages.push_back(school_.readdressed_page(0, records, cases.size(), place));
    }
    pages.push_back(pages.back());
    page_feed feed{std::move(pages)};
    bench_deployment world{on_, folder, fmt::format("changes{}x{}", number, *mark == 0 ? "" : "strewn"),
                           wishes_for_two_sites(settings_, feed)};
    return lone_pages{on_, world, feed, settings_.every_s}.run("changes", cases, number, settings_.page);
  }

  static constexpr double shares[] = {0.01, 1.0 / 30, 0.1, 1.0 / 3, 0.9};

  const servers& on_;
  bench_settings settings_;
  school_records school_;
};

}  // namespace

scenario_ptr make_changes_scenario(const servers& on, const bench_settings& settings) {
  return std::make_unique<changes_scenario>(on, settings);
}

}  // namespace matricula::bench
