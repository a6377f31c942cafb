// SPDX-License-Identifier: Apache-2.0
#include "origin.hpp"
#include "report.hpp"
#include "scenario.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <unistd.h>

namespace {

using namespace matricula::bench;
using matricula::faults::services;

constexpr const char* examples = R"(
Examples:
  bench_pipeline --runs 5 --results all.jsonl    a full round; called again it goes on where it was interrupted
  bench_pipeline --scenario page                 one scenario, once
  bench_pipeline --scenario page --records 3000  with small pages
  bench_pipeline --quick                         what fits into three minutes
  bench_pipeline --list                          the scenarios
  bench_pipeline report all.jsonl --parts parts.json --out docs/performance.md --json docs/performance.json
                                                 tables and pictures of a round, and of bench_parts' figures
  bench_pipeline report docs/performance.json --out docs/performance.md
                                                 the same of the figures of an earlier report
  bench_pipeline compare new.jsonl --with docs/performance.json
                                                 how the goals have come off since

Kafka and PostgreSQL are started as in production, and removed, by this program; each run has topics and databases of
its own. A run that fails keeps its folder, with the logs of every process.
Exit code 0: every run has come to its end; 1: one has not; 2: wrong usage.
)";

struct options {
  std::vector<std::string> scenarios;
  int runs = 1;
  bench_settings settings;
  std::string results_file, folder = (std::filesystem::temp_directory_path() / "matricula-bench").string();
  bool list = false;
};

void print(const measured& one) {
  std::cout << fmt::format("{} {}, run {}\n", one.scenario, one.about, one.run);
  for (const auto& [name, value] : one.values)
    std::cout << fmt::format("    {:<32} {:>16.{}f}\n", name, value, std::abs(value) < 1000 ? 3 : 0);
  std::cout << std::flush;
}

/// What the results call it.
std::string title(const options& all, const scenario_kind& kind) {
  return std::string{kind.name} + (all.settings.quick ? quick_mark : "");
}

bool wanted(const options& all, const scenario_kind& kind) {
  if (!all.scenarios.empty())
    return std::find(all.scenarios.begin(), all.scenarios.end(), kind.name) != all.scenarios.end();
  return kind.quick || !all.settings.quick;
}

/// Whether all runs of it have come to their ends.
bool run_scenario(const scenario_kind& kind, const options& all, const servers& on, result_lines& results) {
  bool well = true;
  scenario_ptr made;
  for (int run = 1; run <= all.runs; ++run) {
    if (results.has(title(all, kind), all.settings.page, run))
      continue;
    const auto folder = all.settings.folder / fmt::format("{}-{}", kind.name, run);
    std::filesystem::create_directories(folder);
    const auto began = std::chrono::steady_clock::now();
    try {
      if (!made)
        made = kind.make(on, all.settings);
      auto found = made->run(run, folder);
      for (auto& one : found)
        one.scenario = title(all, kind);
      results.add(found);
      std::for_each(found.begin(), found.end(), print);
      std::filesystem::remove_all(folder);
    } catch (const std::exception& error) {
      well = false;
      std::cout << fmt::format("{}, run {}: {}\n    logs: {}\n", kind.name, run, error.what(),
                               folder.string());
      made.reset();
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    std::cout << fmt::format("{}, run {} of {}: {:.0f} s\n\n", kind.name, run, all.runs, took.count())
              << std::flush;
  }
  return well;
}

bool run_all(const options& all, const std::string& command) {
  result_lines results{all.results_file.empty() ? all.settings.folder / "results.jsonl"
                                                : std::filesystem::path{all.results_file}};
  const auto missing = [&](const scenario_kind& kind) {
    for (int run = 1; run <= all.runs; ++run)
      if (!results.has(title(all, kind), all.settings.page, run))
        return wanted(all, kind);
    return false;
  };
  const auto& kinds = scenarios();
  if (std::none_of(kinds.begin(), kinds.end(), missing))
    return true;
  const services started{all.settings.folder / "services", 1, nullptr, matricula::faults::start::plain};
  const servers on{started};
  results.add_origin(origin_of(on, command));
  warm_up(on, all.settings);
  bool well = true;
  for (const auto& kind : kinds)
    if (missing(kind))
      well = run_scenario(kind, all, on, results) && well;
  return well;
}

nlohmann::json read_json(const std::filesystem::path& file) {
  std::ifstream in{file};
  if (!in)
    throw std::runtime_error{"cannot read " + file.string()};
  return nlohmann::json::parse(in);
}

struct report_options {
  std::string results, parts, out, json, earlier;

  result_lines read() const {
    if (std::filesystem::path{results}.extension() == ".json")
      return result_lines::of_report(read_json(results));
    result_lines all{results};
    all.keep_largest_pages();
    all.include(bounds_by_cpu(all));
    if (!parts.empty())
      all.include(parts_in(parts), parts_origin_in(parts));
    all.include(sum_of_changes(all));
    return all;
  }
};

void write(const std::filesystem::path& file, const std::string& text) {
  std::ofstream out{file};
  out << text;
  if (!out.flush())
    throw std::runtime_error{"cannot write " + file.string()};
}

void report(const report_options& wanted) {
  const auto results = wanted.read();
  const std::filesystem::path out{wanted.out};
  if (!out.parent_path().empty())
    std::filesystem::create_directories(out.parent_path());
  const auto pictures = draw_pictures(results, out.parent_path() / "performance");
  if (pictures.empty())
    std::cout
        << "no pictures: gnuplot is not there (apt-get install gnuplot-nox), or there is nothing to draw\n";
  write(out, report_text(results, pictures));
  if (!wanted.json.empty())
    write(wanted.json, report_json(results).dump(1) + '\n');
}

void compare(const report_options& wanted) {
  const auto earlier = read_json(wanted.earlier);
  const auto results = wanted.read();
  std::cout << fmt::format("    {} is of {}\n", wanted.earlier,
                           fmt::join(origins_of(earlier, results), "\n    "));
  std::size_t worse = 0, unknown = 0;
  for (const auto& each : compared_with(earlier, results)) {
    std::cout << (each.verdict == comparison::worse     ? "    WORSE  "
                  : each.verdict == comparison::a_time  ? "    (time) "
                  : each.verdict == comparison::unknown ? "    (new)  "
                                                        : "           ")
              << each.text << '\n';
    worse += each.verdict == comparison::worse ? 1U : 0U;
    unknown += each.verdict == comparison::unknown ? 1U : 0U;
  }
  std::cout << fmt::format(
      "    {} of them worse than in {} by more than it varied then; times, which are the "
      "machine's, are not judged; {} have no figure in it\n",
      worse, wanted.earlier, unknown);
}

std::string text_of(int argc, char** argv) {
  std::string text = "bench_pipeline";
  for (int i = 1; i < argc; ++i)
    text += ' ' + std::string{argv[i]};
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  options all;
  std::vector<std::string> names;
  for (const auto& kind : scenarios())
    names.emplace_back(kind.name);
  CLI::App app{"Measures the whole pipeline on real Kafka and PostgreSQL, beside its floors and its peer."};
  app.footer(examples);
  app.add_option("--scenario", all.scenarios, "Only this one; may be repeated")->check(CLI::IsMember(names));
  app.add_option("--runs", all.runs, "Of each scenario")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--records", all.settings.page, "Of a page; scenarios of many pages shrink with it")
      ->check(CLI::Range(std::uint64_t{1'000}, std::uint64_t{30'000}))
      ->capture_default_str();
  app.add_option("--every", all.settings.every_s, "Seconds from page to page, where each is measured alone")
      ->check(CLI::Range(0.5, 60.0))
      ->capture_default_str();
  app.add_flag("--quick", all.settings.quick, "Few and small scenarios, in three minutes");
  app.add_option("--results", all.results_file,
                 "File for the results, JSON lines; runs that it holds are not run again");
  app.add_option("--folder", all.folder, "For services, topologies and logs")->capture_default_str();
  app.add_flag("--list", all.list, "Name the scenarios");
  report_options reported;
  const auto add_results = [&](CLI::App* command) {
    command
        ->add_option("results", reported.results,
                     "What --results has written; or the figures of an earlier report, *.json")
        ->required()
        ->check(CLI::ExistingFile);
    command->add_option("--parts", reported.parts, "What bench_parts --benchmark_out has written, as JSON")
        ->check(CLI::ExistingFile);
  };
  auto* const report_command = app.add_subcommand("report", "Write tables and pictures of results");
  add_results(report_command);
  report_command
      ->add_option("--out", reported.out, "The report, Markdown; its pictures go to a folder beside it")
      ->required();
  report_command->add_option("--json", reported.json, "The figures of the report");
  auto* const compare_command = app.add_subcommand("compare", "Say what is worse than in an earlier report");
  add_results(compare_command);
  compare_command->add_option("--with", reported.earlier, "The figures of the earlier report")->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (all.list) {
    for (const auto& kind : scenarios())
      std::cout << fmt::format("{:<12} {}\n", kind.name, kind.what);
    return 0;
  }
  all.settings.folder = all.folder + '-' + std::to_string(getpid());
  try {
    if (*report_command || *compare_command) {
      *report_command ? report(reported) : compare(reported);
      return 0;
    }
    const bool well = run_all(all, text_of(argc, argv));
    if (well && !all.results_file.empty())
      std::filesystem::remove_all(all.settings.folder);
    else if (well)
      std::cout << "results: " << (all.settings.folder / "results.jsonl").string() << '\n';
    return well ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << "bench_pipeline: " << error.what() << '\n';
    return 1;
  }
}
