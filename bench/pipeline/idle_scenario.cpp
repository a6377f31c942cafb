// SPDX-License-Identifier: Apache-2.0
#include "page_feed.hpp"
#include "process_figures.hpp"
#include "scenario.hpp"

#include <fmt/format.h>

#include <thread>

namespace matricula::bench {
namespace {

/// Reporters close their producers some 20 s after they have had nothing to write: threads that end while they are watched
/// would take with them what they had counted before.
constexpr std::chrono::seconds settling{30}, watched{20};
/// How the names of librdkafka's threads begin.
constexpr std::string_view librdkafkas_threads = "rdk:";

/// Twelve sites and a source that has nothing to read for an hour.
class idle_scenario final : public scenario {
 public:
  idle_scenario(const servers& on, const bench_settings& settings)
      : on_(on)
      , settings_(settings)
      , school_(settings.page, {}, settings.page) {}

  std::vector<measured> run(int number, const std::filesystem::path& folder) override {
    page_feed feed{{school_.page(0)}};
    bench_wishes wishes;
    wishes.sites = sites_for_all_lanes(12);
    wishes.feed_url = feed.url();
    wishes.every = "1h";
    wishes.partitions = 1;
    wishes.page_records_max = settings_.page;
    bench_deployment world{on_, folder, fmt::format("idle{}", number), wishes};
    auto process = world.start({});
    feed.asked_at(0, std::chrono::seconds{60});
    std::this_thread::sleep_for(settling);
    const auto all_before = figures_of_threads(process.id());
    const auto kafkas_before = figures_of_threads(process.id(), librdkafkas_threads);
    std::this_thread::sleep_for(watched);
    const auto all = figures_of_threads(process.id());
    const auto kafkas = figures_of_threads(process.id(), librdkafkas_threads);
    const auto cpu_share = [](const thread_figures& from, const thread_figures& to) {
      return (to.cpu_seconds - from.cpu_seconds) / static_cast<double>(watched.count());
    };
    const auto wake_ups_per_s = [](const thread_figures& from, const thread_figures& to) {
      return static_cast<double>(to.wake_ups - from.wake_ups) / static_cast<double>(watched.count());
    };
    const figures values{{"cpu_share", cpu_share(all_before, all)},
                         {"librdkafka_cpu_share", cpu_share(kafkas_before, kafkas)},
                         {"wake_ups_per_s", wake_ups_per_s(all_before, all)},
                         {"librdkafka_wake_ups_per_s", wake_ups_per_s(kafkas_before, kafkas)},
                         {"threads", static_cast<double>(threads(process.id()))},
                         {"rss_bytes", static_cast<double>(rss_bytes(process.id()))}};
    world.end(process);
    return {{"idle", "12 sites", number, settings_.page, values}};
  }

 private:
  const servers& on_;
  bench_settings settings_;
  school_records school_;
};

}  // namespace

scenario_ptr make_idle_scenario(const servers& on, const bench_settings& settings) {
  return std::make_unique<idle_scenario>(on, settings);
}

}  // namespace matricula::bench
