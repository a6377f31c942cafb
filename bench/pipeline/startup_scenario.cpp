// SPDX-License-Identifier: Apache-2.0
#include "page_feed.hpp"
#include "process_figures.hpp"
#include "scenario.hpp"
#include "told.hpp"

#include <fmt/format.h>

#include <optional>
#include <stdexcept>
#include <thread>

namespace matricula::bench {
namespace {

constexpr std::chrono::seconds wait{3'600};

/// Topics that hold so many keys, and what each start reads of them.
class full_topics {
 public:
  full_topics(const servers& on, const bench_settings& settings, std::uint64_t keys)
      : school_(std::max(keys, settings.page), {}, settings.page)
      , feed_([this](std::uint64_t index) { return school_.page(index % school_.pages()); })
      , world_(on, settings.folder / fmt::format("startup-{}", keys), fmt::format("startup{}", keys),
               wishes_for_all_lanes(1, settings, feed_)) {
    if (keys == 0)
      return;
    auto source = world_.start({"--node", "source", "--pages", std::to_string(school_.pages())});
    world_.await(source, wait);
  }

  struct start {
    double rebuilt_s = 0, rss = 0, rss_peak = 0, rss_allowed = 0;
  };

  start again() {
    auto process = world_.start({"--node", "source", "--pages", "1"});
    start found;
    const auto deadline = std::chrono::steady_clock::now() + wait;
    std::optional<wall_time> running;
    for (; !running; running = first_said(process.log(), "source:itaca running")) {
      if (!process.alive() || std::chrono::steady_clock::now() > deadline)
        throw std::runtime_error{"matricula does not start: " + process.log()};
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
      found.rss = static_cast<double>(rss_bytes(process.id()));
    }
    world_.await(process, wait);
    const auto rebuilding = first_said(process.log(), "source:itaca rebuilding");
    if (!rebuilding)
      throw std::runtime_error{"matricula's log does not say when it began to rebuild"};
    found.rebuilt_s = seconds_between(*rebuilding, *running);
    const auto report = world_.report();
    found.rss_peak = report.at("process").at("rss_peak_bytes").get<double>();
    const auto page_bytes = report.at("pages").at(0).at("bytes").get<double>();
    auto of_the_source = world_.wishes();
    of_the_source.sites.clear();
    found.rss_allowed =
        rss_allowed_bytes(of_the_source, static_cast<double>(school_.records()), 0, page_bytes);
    return found;
  }

 private:
  school_records school_;
  page_feed feed_;
  bench_deployment world_;
};

/// The topics are filled once, by the first run.
class startup_scenario final : public scenario {
 public:
  startup_scenario(const servers& on, const bench_settings& settings)
      : on_(on)
      , settings_(settings) {}

  std::vector<measured> run(int number, const std::filesystem::path&) override {
    if (topics_.empty())
      for (const std::uint64_t million : {0U, 1U, 8U})
        topics_.emplace_back(
            million * settings_.page * 100 / 3,
            std::make_unique<full_topics>(on_, settings_, million * settings_.page * 100 / 3));
    std::vector<measured> all;
    double rss_of_none = 0;
    for (const auto& [keys, topics] : topics_) {
      const auto found = topics->again();
      if (keys == 0) {
        rss_of_none = found.rss;
        continue;
      }
      const auto count = static_cast<double>(keys);
      auto& one = all.emplace_back();
      one = {"startup",
             keys == 1'000'000   ? "1,000,000 keys"
             : keys == 8'000'000 ? "8,000,000 keys"
                                 : fmt::format("{} keys", keys),
             number,
             settings_.page,
             {
                 {"rebuilt_s", found.rebuilt_s},
                 {"keys_per_s", count / found.rebuilt_s},
                 {"rss_bytes_per_key", (found.rss - rss_of_none) / count},
             }};
      note_rss(one.values, found.rss_peak, found.rss_allowed);
    }
    return all;
  }

 private:
  const servers& on_;
  bench_settings settings_;
  std::vector<std::pair<std::uint64_t, std::unique_ptr<full_topics>>> topics_;
};

}  // namespace

scenario_ptr make_startup_scenario(const servers& on, const bench_settings& settings) {
  return std::make_unique<startup_scenario>(on, settings);
}

}  // namespace matricula::bench
