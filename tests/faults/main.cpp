// SPDX-License-Identifier: Apache-2.0
#include "cells.hpp"
#include "results.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <unistd.h>

namespace {

using namespace matricula::faults;

constexpr const char* examples = R"(
Examples:
  faults                                 every cell once, with seed 1
  faults --cell zombie-source --runs 5   five seeds of one cell
  faults --cell kill-sites --seed 17     the run that a report names
  faults --runs 20 --results all.jsonl   a full round; called again it goes on where it was interrupted
  faults --list                          the cells

Each run has topics and databases of its own; Kafka and PostgreSQL are started and removed by this program. A run that
fails keeps its folder, with the logs of every process, and prints the command that repeats it.
Exit code 0: nothing lost, twice, out of order, unseen or wrongly quarantined; 1: something was; 2: wrong usage.
)";

struct options {
  std::vector<std::string> cells;
  std::uint64_t runs = 1;
  run_settings settings;
  std::int64_t outage_s = 20;
  double minutes = 0;
  std::string results_file, folder = (std::filesystem::temp_directory_path() / "matricula-faults").string();
  bool list = false;
};

std::string repeat_command(const std::string& cell, const run_settings& settings) {
  return fmt::format("scripts/faults --cell {} --seed {} --records {} --outage {}", cell, settings.seed,
                     settings.records, settings.outage.count());
}

run_result run_cell(const cell& which, const services& on, const std::filesystem::path& folder,
                    const run_settings& settings) {
  wishes what;
  what.seed = settings.seed;
  what.records = std::max<std::uint64_t>(settings.records / 5, 2'000);
  std::filesystem::remove_all(folder);
  try {
    fault_run run{on, folder, settings, what};
    which.strike(run);
    return run.finish(which.name);
  } catch (const std::exception& error) {
    run_result failed;
    failed.cell = which.name;
    failed.seed = settings.seed;
    failed.problems.emplace_back(error.what());
    return failed;
  }
}

void print(const run_result& result, double seconds) {
  std::cout << fmt::format(
                   "{:<16} seed {:>3}  {:>7} records  {:>5.1f} s  resumed {:>4.1f} s  {:>4} MB  {}  {}\n",
                   result.cell, result.seed, result.found.records, seconds, result.resumed_s,
                   result.rss_peak_bytes / 1'000'000, result.clean() ? "clean" : "NOT CLEAN", result.note)
            << std::flush;
  if (result.clean())
    return;
  std::cout << fmt::format(
      "    lost {}, twice {}, out of order {}, unseen {}, quarantined by mistake {} {}\n", result.found.lost,
      result.found.twice, result.found.out_of_order, result.found.unseen, result.found.quarantined,
      result.found.example);
  for (const auto& problem : result.problems)
    std::cout << "    " << problem << '\n';
}

/// Every run that is wanted and not done yet, cells of one kind of cluster together.
bool run_all(const options& wanted, results& so_far) {
  const auto end = steady_clock::now() + std::chrono::duration<double, std::ratio<60>>{wanted.minutes};
  bool clean = true;
  for (const int brokers : {1, 3}) {
    std::optional<services> on;
    for (const auto& which : cells()) {
      if (which.brokers != brokers ||
          std::find(wanted.cells.begin(), wanted.cells.end(), which.name) == wanted.cells.end())
        continue;
      for (std::uint64_t i = 0; i < wanted.runs; ++i) {
        auto settings = wanted.settings;
        settings.seed += i;
        if (so_far.has(which.name, settings.seed) || (wanted.minutes > 0 && steady_clock::now() > end))
          continue;
        if (!on)
          on.emplace(std::filesystem::path{wanted.folder} / ("services" + std::to_string(brokers)), brokers);
        const auto folder =
            std::filesystem::path{wanted.folder} / (which.name + '-' + std::to_string(settings.seed));
        const auto began = steady_clock::now();
        const auto result = run_cell(which, *on, folder, settings);
        print(result, std::chrono::duration<double>(steady_clock::now() - began).count());
        so_far.add(result);
        if (result.clean()) {
          std::filesystem::remove_all(folder);
          continue;
        }
        clean = false;
        std::cout << "    logs: " << folder.string()
                  << "\n    again: " << repeat_command(which.name, settings) << '\n';
      }
    }
  }
  return clean;
}

}  // namespace

int main(int argc, char** argv) {
  options wanted;
  std::vector<std::string> names;
  for (const auto& each : cells())
    names.push_back(each.name);
  CLI::App app{"Breaks a running matricula in every way of the matrix and judges what came of it."};
  app.footer(examples);
  app.add_option("--cell", wanted.cells, "Only this cell; may be repeated")->check(CLI::IsMember(names));
  app.add_option("--runs", wanted.runs, "Runs of each cell, each with the next seed")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--seed", wanted.settings.seed, "Of the first run")->capture_default_str();
  app.add_option("--records", wanted.settings.records, "Records to publish in each run, at least")
      ->check(CLI::Range(2'000, 100'000'000))
      ->capture_default_str();
  app.add_option("--outage", wanted.outage_s, "Seconds that a database is gone")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--minutes", wanted.minutes, "Begins no run after so many minutes; 0: runs all")
      ->capture_default_str();
  app.add_option("--results", wanted.results_file,
                 "File for a line of JSON per run; runs that it holds are not run again");
  app.add_option("--folder", wanted.folder, "For services, topologies and logs")->capture_default_str();
  app.add_flag("--list", wanted.list, "Name the cells");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (wanted.list) {
    for (const auto& each : cells())
      std::cout << fmt::format("{:<16} {}\n", each.name, each.what);
    return 0;
  }
  if (wanted.cells.empty())
    for (const auto& each : cells())
      if (!each.only_by_name)
        wanted.cells.push_back(each.name);
  wanted.settings.outage = std::chrono::seconds{wanted.outage_s};
  wanted.folder += '-' + std::to_string(getpid());
  try {
    results so_far{wanted.results_file.empty() ? std::filesystem::path{wanted.folder} / "results.jsonl"
                                               : std::filesystem::path{wanted.results_file}};
    const bool clean = run_all(wanted, so_far);
    std::cout << '\n' << so_far.table(names);
    return clean ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << "faults: " << error.what() << '\n';
    return 1;
  }
}
