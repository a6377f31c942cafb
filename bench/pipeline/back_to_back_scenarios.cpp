// SPDX-License-Identifier: Apache-2.0
#include "page_feed.hpp"
#include "process_figures.hpp"
#include "scenario.hpp"

#include <algorithm>
#include <chrono>
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
/// which all is withdrawn.
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
    for (const int sites : {1, 3, 12}) {
      const auto about = fmt::format("{} site{}", sites, sites == 1 ? "" : "s");
      const auto found =
          with(sites, number, folder / std::to_string(sites), sites == 3 ? pages_.size() : pages_in_all);
      for (std::size_t i = 0; i < found.size(); ++i)
        all.push_back({"throughput", about + (i == 0 ? "" : kinds[i]), number, settings_.page, found[i]});
    }
    return all;
  }

  /// So many pages, ten by ten, each ten by a process of their own, which knows what is published.
  std::vector<figures> with(int sites, int number, const std::filesystem::path& folder,
                            std::size_t pages) const {
    page_feed feed{pages_};
    bench_deployment world{on_, folder, fmt::format("throughput{}x{}", sites, number),
                           wishes_for_all_lanes(sites, settings_, feed)};
    std::vector<figures> all;
    for (std::size_t done = 0; done < pages; done += pages_in_all)
      all.push_back(ten_pages(world));
    return all;
  }

 private:
  figures ten_pages(bench_deployment& world) const {
    const auto before = world.read();
    auto process = world.start({"--pages", std::to_string(pages_in_all)});
    world.await(process, wait);
    const auto after = world.read();
    const auto report = world.report();
    const auto records = static_cast<double>(pages_in_all * settings_.page), per_million = 1e6 / records;
    const auto& own = report.at("process");
    const auto seconds = seconds_over(report.at("pages"), 0, pages_in_all, "applied_ms");
    figures values{
        {"seconds_s", seconds},
        {"records_per_s", records / seconds},
        {"published_per_s", records / seconds_over(report.at("pages"), 0, pages_in_all, "published_ms")},
        {"matricula_cpu_s_per_million",
         (own.at("cpu_user_s").get<double>() + own.at("cpu_system_s").get<double>()) * per_million},
        {"kafka_cpu_s_per_million", (after.kafka_cpu_s - before.kafka_cpu_s) * per_million},
        {"postgres_cpu_s_per_million", (after.postgres_cpu_s - before.postgres_cpu_s) * per_million},
        {"wal_bytes", static_cast<double>(after.wal_bytes - before.wal_bytes)}};
    const auto page_bytes = report.at("pages").at(0).at("bytes").get<double>();
    note_rss(values, own.at("rss_peak_bytes").get<double>(),
             rss_allowed_bytes(world.wishes(), records, page_bytes / static_cast<double>(settings_.page),
                               page_bytes));
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
  static constexpr const char* kinds[] = {"", ", 1 % changed", ", withdrawn"};

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
  throughput_scenario{on, settings}.with(1, 0, settings.folder / "warm-up", 10);
}

}  // namespace matricula::bench
