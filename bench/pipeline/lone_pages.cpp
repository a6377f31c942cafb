// SPDX-License-Identifier: Apache-2.0
#include "lone_pages.hpp"

#include "process_figures.hpp"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <iostream>
#include <numeric>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace matricula::bench {

using std::chrono::milliseconds;

std::vector<measured> lone_pages::run(const std::string& scenario, const std::vector<std::string>& cases,
                                      int number, std::uint64_t page, const before_case& before,
                                      const after_case& after) {
  auto process = world_.start({"--pages", std::to_string(cases.size() + 2)});
  std::vector<figures> beside(cases.size());
  for (std::uint64_t i = 0; i <= cases.size(); ++i) {
    const auto asked_at = feed_.asked_at(i, std::chrono::seconds{60});
    std::this_thread::sleep_until(asked_at + milliseconds{std::lround(every_s_ * 900)});
    if (i > 0 && after)
      after(i - 1, beside[i - 1]);
    looks_.push_back(look(process));
    if (i < cases.size() && before)
      before(i);
  }
  const auto rss_peak = static_cast<double>(rss_peak_bytes(process.id()));
  world_.await(process, std::chrono::seconds{120});
  const auto pages = world_.report().at("pages");
  std::vector<measured> all;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    auto values = figures_of(pages.at(i + 1), looks_[i], looks_[i + 1]);
    if (cases[i] == settling)
      continue;
    auto& one = all.emplace_back();
    one = {scenario, cases[i], number, page, std::move(values)};
    if (scenario == "page" && cases[i] == "unchanged" && one.values.at("wal_bytes") > 0)
      keep_trace(number);
    one.values["rss_peak_bytes"] = rss_peak;
    one.values.merge(beside[i]);
  }
  return all;
}

/// Something was written though nothing had changed: pg_waldump has just said what, and the server's log may say why.
void lone_pages::keep_trace(int number) const {
  const auto stem =
      (std::filesystem::temp_directory_path() / fmt::format("matricula-bench-wal-{}-{}", getpid(), number))
          .string();
  const auto& folder = on_.services.folder();
  for (const auto& [file, kept] : {std::pair{folder / "pg_waldump.log", stem + ".txt"},
                                   std::pair{folder / "logs" / "postgres.log", stem + "-postgres.log"}}) {
    std::error_code error;
    std::filesystem::copy_file(file, kept, std::filesystem::copy_options::overwrite_existing, error);
    if (!error)
      std::cout << "an unchanged page left WAL behind: " << kept << '\n';
  }
}

between_pages lone_pages::look(const running_process& process) const {
  between_pages now;
  now.used = world_.read(process);
  now.ends = world_.ends();
  for (const auto& [lane, ends] : now.ends)
    now.entries = std::accumulate(ends.begin(), ends.end(), now.entries);
  now.other_entries = world_.other_entries();
  return now;
}

figures lone_pages::figures_of(const nlohmann::json& page, const between_pages& before,
                               const between_pages& after) const {
  const auto applied_ms = page.at("applied_ms").get<double>();
  if (applied_ms > every_s_ * 900)
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
          {"wal_bytes",
           static_cast<double>(wal_bytes_between(on_.services, before.used.wal_bytes, after.used.wal_bytes))},
          {"lane_entries", static_cast<double>(after.entries - before.entries)},
          {"other_entries", static_cast<double>(after.other_entries - before.other_entries)}};
}

}  // namespace matricula::bench
