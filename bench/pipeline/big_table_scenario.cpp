// SPDX-License-Identifier: Apache-2.0
#include "page_feed.hpp"
#include "scenario.hpp"

#include <fmt/format.h>

#include <cmath>
#include <optional>

namespace matricula::bench {
namespace {

constexpr std::chrono::seconds wait{3'600};
/// Each run takes two: so many runs have pages that are new.
constexpr std::uint64_t spare_pages = 100;

/// A site that holds about so many rows, of all lanes, and pages that are new to it.
class full_site {
 public:
  full_site(const servers& on, const bench_settings& settings, const std::string& name, std::uint64_t pages)
      : settings_(settings)
      , school_((pages + spare_pages) * settings.page, {}, settings.page)
      , feed_([this](std::uint64_t index) { return school_.page(index % school_.pages()); })
      , world_(on, settings.folder / name, name, wishes_for_all_lanes(1, settings, feed_)) {
    if (pages > 0) {
      auto fill = world_.start({"--pages", std::to_string(pages)});
      world_.await(fill, wait);
    }
    world_.set_every(fmt::format("{}ms", std::lround(settings_.every_s * 1000)));
  }

  /// From Kafka to the site, in milliseconds, of a page that is alone; one before it warms the process up.
  double apply_ms() {
    auto process = world_.start({"--pages", "2"});
    world_.await(process, wait);
    const auto page = world_.report().at("pages").at(1);
    return page.at("applied_ms").get<double>() - page.at("published_ms").get<double>();
  }

 private:
  bench_settings settings_;
  school_records school_;
  page_feed feed_;
  bench_deployment world_;
};

/// The large site is filled once, by the first run; the small one is new in each and holds the page before.
class big_table_scenario final : public scenario {
 public:
  big_table_scenario(const servers& on, const bench_settings& settings)
      : on_(on)
      , settings_(settings) {}

  std::vector<measured> run(int number, const std::filesystem::path&) override {
    if (!large_)
      large_.emplace(on_, settings_, "largetable", 133);
    const auto small = full_site{on_, settings_, fmt::format("smalltable{}", number), 0}.apply_ms();
    const auto large = large_->apply_ms();
    return {{"big-table",
             "page",
             number,
             settings_.page,
             {{"small_ms", small}, {"large_ms", large}, {"time_ratio", large / small}}}};
  }

 private:
  const servers& on_;
  bench_settings settings_;
  std::optional<full_site> large_;
};

}  // namespace

scenario_ptr make_big_table_scenario(const servers& on, const bench_settings& settings) {
  return std::make_unique<big_table_scenario>(on, settings);
}

}  // namespace matricula::bench
