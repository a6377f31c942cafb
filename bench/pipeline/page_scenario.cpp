// SPDX-License-Identifier: Apache-2.0
#include "floors.hpp"
#include "page_feed.hpp"
#include "process_figures.hpp"
#include "scenario.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <utility>

namespace matricula::bench {
namespace {

using std::chrono::milliseconds;

const std::vector<bench_site>& two_sites() {
  static const std::vector<bench_site> sites{{"eso46", {"ESO-46"}}, {"fp46", {"FP-46"}}};
  return sites;
}

/// Share of the records that changes; of the places that a page had before, about two thirds of them.
constexpr double changes = 0.015;

/// What is taken before the next page.
struct after_page {
  reading used;
  std::map<std::string, std::vector<std::int64_t>> ends;  ///< by lane
  std::int64_t entries = 0, other_entries = 0;
};

/// Pages one by one, far enough apart that each is alone: one to warm up, then the cases.
class page_scenario final : public scenario {
 public:
  page_scenario(const servers& on, const bench_settings& settings)
      : on_(on)
      , settings_(settings)
      , school_(2 * settings.page, lanes_of(two_sites()), settings.page) {}

  std::vector<measured> run(int number, const std::filesystem::path& folder) override {
    // The last one keeps the process alive until all is read.
    page_feed feed{{school_.page(0), school_.page(1), school_.page(1), school_.changed_page(1, changes),
                    school_.withdrawn_page(1), school_.page(1)}};
    bench_wishes wishes;
    wishes.sites = two_sites();
    wishes.feed_url = feed.url();
    wishes.every = fmt::format("{}ms", std::lround(settings_.every_s * 1000));
    wishes.page_records_max = settings_.page;
    bench_deployment world{on_, folder / "world", "page" + std::to_string(number), wishes};
    auto process = world.start({"--pages", std::to_string(cases.size() + 2)});
    std::vector<after_page> after;
    for (std::uint64_t page = 0; page <= cases.size(); ++page) {
      const auto asked_at = feed.asked_at(page, std::chrono::seconds{60});
      std::this_thread::sleep_until(asked_at + milliseconds{std::lround(settings_.every_s * 900)});
      after.push_back(look(world, process));
    }
    const auto rss_peak = static_cast<double>(rss_peak_bytes(process.id()));
    world.await(process, std::chrono::seconds{120});
    const auto pages = world.report().at("pages");
    std::vector<measured> all;
    for (std::size_t i = 0; i < cases.size(); ++i) {
      auto& one = all.emplace_back();
      one = {"page", cases[i], number, settings_.page, figures_of(pages.at(i + 1), after[i], after[i + 1])};
      one.values["rss_peak_bytes"] = rss_peak;
    }
    add_floors(folder, feed, world, after, wishes, all.front().values);
    return all;
  }

 private:
  static constexpr std::array cases{"new", "unchanged", "1 % changed", "withdrawn"};

  static after_page look(const bench_deployment& world, const running_process& process) {
    after_page now;
    now.used = world.read(process);
    now.ends = world.ends();
    for (const auto& [lane, ends] : now.ends)
      now.entries = std::accumulate(ends.begin(), ends.end(), now.entries);
    now.other_entries = world.other_entries();
    return now;
  }

  figures figures_of(const nlohmann::json& page, const after_page& before, const after_page& after) const {
    const auto applied_ms = page.at("applied_ms").get<double>();
    if (applied_ms > settings_.every_s * 900)
      throw std::runtime_error{fmt::format("a page took {:.0f} ms, so the next one was not alone: --every "
                                           "must be greater",
                                           applied_ms)};
    return {{"applied_ms", applied_ms},
            {"published_ms", page.at("published_ms").get<double>()},
            {"bytes", page.at("bytes").get<double>()},
            {"changed_records", page.at("changed").get<double>()},
            {"matricula_cpu_s", after.used.matricula_cpu_s - before.used.matricula_cpu_s},
            {"kafka_cpu_s", after.used.kafka_cpu_s - before.used.kafka_cpu_s},
            {"postgres_cpu_s", after.used.postgres_cpu_s - before.used.postgres_cpu_s},
            {"wal_bytes", static_cast<double>(
                              wal_bytes_between(on_.services, before.used.wal_bytes, after.used.wal_bytes))},
            {"lane_entries", static_cast<double>(after.entries - before.entries)},
            {"other_entries", static_cast<double>(after.other_entries - before.other_entries)}};
  }

  /// The floors of the page that is all new.
  void add_floors(const std::filesystem::path& folder, const page_feed& feed, const bench_deployment& world,
                  const std::vector<after_page>& after, const bench_wishes& wishes, figures& values) const {
    std::vector<sent_record> warm_up, records;
    for (auto& record : records_in(on_, world)) {
      const auto partition = static_cast<std::size_t>(record.partition);
      if (record.offset < after[0].ends.at(record.lane).at(partition))
        warm_up.push_back(std::move(record));
      else if (record.offset < after[1].ends.at(record.lane).at(partition))
        records.push_back(std::move(record));
    }
    const bench_deployment floor{on_, folder / "floor", world.name() + "floor", wishes};
    const auto fetch = values["floor_fetch_ms"] = fetch_floor_ms(feed.url_of(1));
    const auto json = values["floor_json_ms"] = json_floor_ms(feed.url_of(1));
    const auto produce = values["floor_produce_ms"] = produce_floor_ms(on_, floor, warm_up, records);
    const auto consume = values["floor_consume_ms"] = consume_floor_ms(on_, floor, warm_up, records);
    const auto psql = values["floor_psql_ms"] = psql_floor_ms(floor, warm_up, records);
    const auto sum = values["floors_ms"] = fetch + json + produce + consume + psql;
    values["publish_ratio"] = (fetch + json + produce) / values["published_ms"];
    values["produce_ratio"] = produce / values["published_ms"];
    values["psql_ratio"] = psql / (values["applied_ms"] - values["published_ms"]);
    values["apply_ratio"] = (consume + psql) / (values["applied_ms"] - values["published_ms"]);
    values["latency_ratio"] = values["applied_ms"] / sum;
  }

  const servers& on_;
  bench_settings settings_;
  school_records school_;
};

}  // namespace

scenario_ptr make_page_scenario(const servers& on, const bench_settings& settings) {
  return std::make_unique<page_scenario>(on, settings);
}

}  // namespace matricula::bench
