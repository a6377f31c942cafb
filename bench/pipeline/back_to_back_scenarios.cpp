// SPDX-License-Identifier: Apache-2.0
#include "config/topology.hpp"
#include "floors.hpp"
#include "page_feed.hpp"
#include "process_figures.hpp"
#include "scenario.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fmt/format.h>
#include <utility>

namespace matricula::bench {
namespace {

constexpr std::chrono::seconds wait{900};

/// From the first request to the last answer, in seconds; of the pages [first, last).
double seconds_over(const nlohmann::json& pages, std::size_t first, std::size_t last, const char* until) {
  double begin = pages.at(first).at("requested_ms").get<double>(), end = begin;
  for (auto i = first; i < last; ++i)
    end = std::max(end, pages.at(i).at("requested_ms").get<double>() + pages.at(i).at(until).get<double>());
  return (end - begin) / 1000;
}

std::vector<records_of_page> all_pages(const school_records& school) {
  std::vector<records_of_page> pages;
  for (std::uint64_t i = 0; i < school.pages(); ++i)
    pages.push_back(school.page(i));
  return pages;
}

/// Ten pages that are all new, one right after the other; at three sites then ten of which 1 % has changed, and ten of
/// which all is withdrawn. What is new is then done again by librdkafka alone, and by psql alone.
class throughput_scenario final : public scenario {
 public:
  throughput_scenario(const servers& on, const bench_settings& settings)
      : on_(on)
      , settings_(settings)
      , pages_(all_pages({pages_in_all * settings.page, {}, settings.page})) {}

  std::vector<measured> run(int number, const std::filesystem::path& folder) override {
    std::vector<measured> all;
    if (pages_.size() == pages_in_all)
      add_other_pages();
    page_feed feed{pages_};
    for (const int sites : {1, 3, 12}) {
      const auto about = fmt::format("{} site{}", sites, sites == 1 ? "" : "s");
      const auto add = [&](const char* kind, const figures& values) {
        all.push_back({"throughput", about + kind, number, settings_.page, values});
      };
      const auto here = folder / std::to_string(sites);
      const auto name = fmt::format("throughput{}x{}", sites, number);
      auto world = deployed(here / "world", name, sites, feed);
      auto fresh = ten_pages(*world);
      auto sent = records_in(on_, *world);
      std::stable_sort(sent.begin(), sent.end(),
                       [](const auto& one, const auto& other) { return one.revision < other.revision; });
      const auto changed = sites == 3 ? ten_pages(*world) : figures{};
      const auto withdrawn = sites == 3 ? ten_pages(*world) : figures{};
      world.reset();
      const auto like_matricula = static_cast<std::size_t>(std::lround(fresh.at("records_per_transaction")));
      const auto floor = deployed(here / "floor", name + "floor", sites, feed);
      const auto kafka = kafka_alone(*floor, sent);
      const auto psql = psql_alone(*floor, sent, limits{}.batch_records_max);
      const auto small =
          psql_alone(*deployed(here / "small", name + "small", sites, feed), sent, like_matricula);
      fresh["psql_ratio"] = psql.at("seconds_s") / fresh.at("seconds_s");
      fresh["floors_ratio"] = (kafka.at("seconds_s") + psql.at("seconds_s")) / fresh.at("seconds_s");
      add("", fresh);
      if (sites == 3) {
        add(", 1 % changed", changed);
        add(", withdrawn", withdrawn);
      }
      add(", librdkafka alone", kafka);
      add(", psql alone", psql);
      add(", psql alone in transactions like matricula's", small);
    }
    return all;
  }

  /// Ten pages to one site.
  void once(const std::filesystem::path& folder) const {
    page_feed feed{pages_};
    ten_pages(*deployed(folder, "throughput1x0", 1, feed));
  }

 private:
  std::unique_ptr<bench_deployment> deployed(const std::filesystem::path& folder, const std::string& name,
                                             int sites, const page_feed& feed) const {
    return std::make_unique<bench_deployment>(on_, folder, name,
                                              wishes_for_all_lanes(sites, settings_, feed));
  }

  double records() const { return static_cast<double>(pages_in_all * settings_.page); }

  /// The next ten, by a process of their own, which knows what is published.
  figures ten_pages(bench_deployment& world) const {
    const auto before = world.read();
    auto process = world.start({"--pages", std::to_string(pages_in_all)});
    world.await(process, wait);
    const auto after = world.read();
    const auto report = world.report();
    const auto& own = report.at("process");
    const auto seconds = seconds_over(report.at("pages"), 0, pages_in_all, "applied_ms");
    auto values =
        cost_of(records(), seconds, own.at("cpu_user_s").get<double>() + own.at("cpu_system_s").get<double>(),
                before, after);
    values["records_per_s"] = records() / seconds;
    double applied = 0, transactions = 0;
    for (const auto& site : report.at("sites")) {
      applied += site.at("applied").get<double>();
      transactions += site.at("batches").get<double>();
    }
    values["records_per_transaction"] = applied / transactions;
    values["published_per_s"] = records() / seconds_over(report.at("pages"), 0, pages_in_all, "published_ms");
    const auto page_bytes = report.at("pages").at(0).at("bytes").get<double>();
    note_rss(values, own.at("rss_peak_bytes").get<double>(),
             rss_allowed_bytes(world.wishes(), records(), page_bytes / static_cast<double>(settings_.page),
                               page_bytes));
    return values;
  }

  /// librdkafka sending what was sent, page by page, and reading it.
  figures kafka_alone(const bench_deployment& floor, const std::vector<sent_record>& sent) const {
    const auto before = floor.read();
    const auto cpu_before = own_cpu_seconds();
    double sending_s = 0, reading_s = 0;
    const auto grown = growth_while([&] {
      sending_s = produce_pages_floor_ms(on_, floor, sent) / 1000;
      reading_s = consume_floor_ms(on_, floor, {}, sent) / 1000;
    });
    auto values =
        cost_of(records(), sending_s + reading_s, own_cpu_seconds() - cpu_before, before, floor.read());
    values["rss_peak_bytes"] = grown;
    values["published_per_s"] = records() / sending_s;
    values["read_per_s"] = records() / reading_s;
    return values;
  }

  /// psql with the same rows and SQL.
  figures psql_alone(const bench_deployment& floor, const std::vector<sent_record>& sent,
                     std::size_t batch_records_max) const {
    reading before;
    const auto cpu_before = ended_childrens_cpu_seconds();
    const auto found =
        psql_backlog_floor(floor, sent, batch_records_max, false, [&] { before = floor.read(); });
    const auto seconds = found.ms / 1000;
    auto values =
        cost_of(records(), seconds, ended_childrens_cpu_seconds() - cpu_before, before, floor.read());
    values["rss_peak_bytes"] = found.rss_peak_bytes;
    values["records_per_s"] = records() / seconds;
    return values;
  }

  void add_other_pages() {
    const school_records school{pages_in_all * settings_.page, {}, settings_.page};
    const auto share = school.share_that_changes(0, settings_.page / 100);
    for (std::uint64_t i = 0; i < pages_in_all; ++i)
      pages_.push_back(school.changed_page(i, share));
    for (std::uint64_t i = 0; i < pages_in_all; ++i)
      pages_.push_back(school.withdrawn_page(i));
  }

  static constexpr std::uint64_t pages_in_all = 10;

  const servers& on_;
  bench_settings settings_;
  std::vector<records_of_page> pages_;
};

/// A sweep that is all new, then one that is not, without a pause; the source only.
class sweep_scenario final : public scenario {
 public:
  sweep_scenario(const servers& on, const bench_settings& settings)
      : on_(on)
      , settings_(settings)
      , records_(settings.page * 100 / 3 / (settings.quick ? 5 : 1))
      , pages_(all_pages({records_, {}, settings.page})) {}

  std::vector<measured> run(int number, const std::filesystem::path& folder) override {
    page_feed feed{[&](std::uint64_t index) { return pages_[index % pages_.size()]; }};
    bench_deployment world{on_, folder, fmt::format("sweep{}", number),
                           wishes_for_all_lanes(1, settings_, feed)};
    auto process = world.start({"--node", "source", "--pages", std::to_string(2 * pages_.size())});
    world.await(process, wait);
    const auto report = world.report();
    const auto& pages = report.at("pages");
    const auto fresh = seconds_over(pages, 0, pages_.size(), "published_ms");
    const auto unchanged = seconds_over(pages, pages_.size(), 2 * pages_.size(), "published_ms");
    const auto rss_peak = report.at("process").at("rss_peak_bytes").get<double>();
    const auto records = static_cast<double>(records_);
    const auto figures_of = [&](double seconds) {
      return figures{{"seconds_s", seconds},
                     {"seconds_per_million_s", seconds / records * 1e6},
                     {"records", records},
                     {"records_per_s", records / seconds},
                     {"rss_peak_bytes", rss_peak}};
    };
    return {{"sweep", "new", number, settings_.page, figures_of(fresh)},
            {"sweep", "unchanged", number, settings_.page, figures_of(unchanged)}};
  }

 private:
  const servers& on_;
  bench_settings settings_;
  std::uint64_t records_;
  std::vector<records_of_page> pages_;
};

}  // namespace

scenario_ptr make_throughput_scenario(const servers& on, const bench_settings& settings) {
  return std::make_unique<throughput_scenario>(on, settings);
}

scenario_ptr make_sweep_scenario(const servers& on, const bench_settings& settings) {
  return std::make_unique<sweep_scenario>(on, settings);
}

void warm_up(const servers& on, const bench_settings& settings) {
  throughput_scenario{on, settings}.once(settings.folder / "warm-up");
}

}  // namespace matricula::bench
