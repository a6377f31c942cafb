// SPDX-License-Identifier: Apache-2.0
#include "page_feed.hpp"
#include "scenario.hpp"
#include "server_setting.hpp"

#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <stdexcept>

namespace matricula::bench {
namespace {

constexpr std::chrono::seconds wait{3'600};
/// Each run takes two: so many runs have pages that are new.
constexpr std::uint64_t spare_pages = 100;
/// The page that warms up takes longer.
constexpr double every_times = 2;

/// A site that holds so many pages, the first of which is a third of one, of all lanes, and pages that are new to it.
class full_site {
 public:
  /// Requires `pages` > 0.
  full_site(const servers& on, const bench_settings& settings, const std::string& name, std::uint64_t pages)
      : settings_(settings)
      , school_((pages + spare_pages) * settings.page, {}, settings.page)
      , first_(school_.records(), {}, settings.page / 3)
      , feed_([this](std::uint64_t index) {
        return index == 0 ? first_.page(0) : school_.page(index % school_.pages());
      })
      , world_(on, settings.folder / name, name, wishes_for_all_lanes(1, settings, feed_)) {
    auto fill = world_.start({"--pages", std::to_string(pages)});
    world_.await(fill, wait);
    const auto site = world_.database_url(world_.wishes().sites.front().name);
    execute(site, "vacuum analyze");
    execute(site, "checkpoint");
    world_.set_every(fmt::format("{}ms", std::lround(every_times * settings_.every_s * 1000)));
  }

  /// From Kafka to the site, in milliseconds, of a page that is alone; one before it warms the process up.
  double apply_ms() {
    auto process = world_.start({"--pages", "2"});
    world_.await(process, wait);
    const auto pages = world_.report().at("pages");
    const auto& before = pages.at(0);
    const auto& page = pages.at(1);
    if (before.at("requested_ms").get<double>() + before.at("applied_ms").get<double>() >
        page.at("requested_ms").get<double>())
      throw std::runtime_error{"the page before was still under way: --every must be greater"};
    return page.at("applied_ms").get<double>() - page.at("published_ms").get<double>();
  }

 private:
  bench_settings settings_;
  school_records school_, first_;
  page_feed feed_;
  bench_deployment world_;
};

/// The large site is filled once, by the first run; the small one is new in each. With the page that warms up they hold
/// 4,000,000 and 40,000 rows, if a page has 30,000.
class big_table_scenario final : public scenario {
 public:
  big_table_scenario(const servers& on, const bench_settings& settings)
      : on_(on)
      , settings_(settings) {}

  std::vector<measured> run(int number, const std::filesystem::path&) override {
    if (!large_)
      large_.emplace(on_, settings_, "largetable", 133);
    const server_setting no_autovacuum{on_, "autovacuum", "off"};
    full_site small{on_, settings_, fmt::format("smalltable{}", number), 1};
    // In turns, for who comes second finds the servers warmer, and what the first has left them to do.
    const bool large_first = number % 2 == 0;
    double small_ms = large_first ? 0 : small.apply_ms();
    const double large_ms = large_->apply_ms();
    if (large_first)
      small_ms = small.apply_ms();
    return {{"big-table",
             "page",
             number,
             settings_.page,
             {{"small_ms", small_ms}, {"large_ms", large_ms}, {"time_ratio", large_ms / small_ms}}}};
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
