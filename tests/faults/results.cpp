// SPDX-License-Identifier: Apache-2.0
#include "results.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

namespace matricula::faults {
namespace {

nlohmann::json to_json(const run_result& run) {
  return {{"cell", run.cell},
          {"seed", run.seed},
          {"records", run.found.records},
          {"lost", run.found.lost},
          {"applied_twice", run.found.twice},
          {"out_of_order", run.found.out_of_order},
          {"back_s", run.found.back_s},
          {"unseen", run.found.unseen},
          {"quarantined_by_mistake", run.found.quarantined},
          {"resumed_s", run.resumed_s},
          {"rss_peak_bytes", run.rss_peak_bytes},
          {"example", run.found.example},
          {"repeated", run.found.repeated},
          {"problems", run.problems},
          {"note", run.note},
          {"commit", run.commit}};
}

run_result from_json(const nlohmann::json& line) {
  run_result run;
  line.at("cell").get_to(run.cell);
  line.at("seed").get_to(run.seed);
  line.at("records").get_to(run.found.records);
  line.at("lost").get_to(run.found.lost);
  line.at("applied_twice").get_to(run.found.twice);
  line.at("out_of_order").get_to(run.found.out_of_order);
  run.found.back_s = line.value("back_s", 0.0);
  line.at("unseen").get_to(run.found.unseen);
  line.at("quarantined_by_mistake").get_to(run.found.quarantined);
  line.at("resumed_s").get_to(run.resumed_s);
  line.at("rss_peak_bytes").get_to(run.rss_peak_bytes);
  line.at("example").get_to(run.found.example);
  line.at("problems").get_to(run.problems);
  line.at("note").get_to(run.note);
  run.found.repeated = line.value("repeated", std::uint64_t{0});
  run.commit = line.value("commit", "");
  return run;
}

std::string row_of(const results::title& of, const std::vector<const run_result*>& runs) {
  verdict sum;
  std::uint64_t rss = 0, seed_min = runs.front()->seed, seed_max = seed_min;
  std::size_t with_problems = 0;
  std::vector<double> resumed;
  std::set<std::string> commits;
  for (const auto* run : runs) {
    sum.records += run->found.records;
    sum.lost += run->found.lost;
    sum.twice += run->found.twice;
    sum.out_of_order += run->found.out_of_order;
    sum.unseen += run->found.unseen;
    sum.quarantined += run->found.quarantined;
    rss = std::max(rss, run->rss_peak_bytes);
    seed_min = std::min(seed_min, run->seed);
    seed_max = std::max(seed_max, run->seed);
    with_problems += run->problems.empty() ? 0U : 1U;
    resumed.push_back(run->resumed_s);
    commits.insert(run->commit);
  }
  std::sort(resumed.begin(), resumed.end());
  const auto in_time = std::upper_bound(resumed.begin(), resumed.end(), of.resumes_within_s);
  const auto late = of.resumes_within_s == 0 ? std::string{"–"}
                                             : fmt::format("{} of {}", resumed.end() - in_time, runs.size());
  return fmt::format(
      "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {:.1f} | {:.1f} | {} | {} | {}–{} | {} |\n", of.cell,
      runs.size(), sum.records, sum.lost, sum.twice, sum.out_of_order, sum.unseen, sum.quarantined,
      with_problems, resumed[resumed.size() / 2], resumed.back(), late, rss / 1'000'000, seed_min, seed_max,
      fmt::join(commits, ", "));
}

}  // namespace

results::results(std::filesystem::path file)
    : file_(std::move(file)) {
  std::ifstream in{file_};
  for (std::string line; std::getline(in, line);)
    if (const auto parsed = nlohmann::json::parse(line, nullptr, false); !parsed.is_discarded())
      all_.push_back(from_json(parsed));  // a line that was cut by the program's end is run again
}

bool results::has(const std::string& cell, std::uint64_t seed) const {
  return std::any_of(all_.begin(), all_.end(),
                     [&](const auto& run) { return run.cell == cell && run.seed == seed; });
}

void results::add(const run_result& result) {
  all_.push_back(result);
  if (!file_.parent_path().empty())
    std::filesystem::create_directories(file_.parent_path());
  std::ofstream out{file_, std::ios::app};
  out << to_json(result).dump() << '\n';
  if (!out.flush())
    throw std::runtime_error{"cannot write " + file_.string()};
}

std::string results::table(const std::vector<title>& cells) const {
  std::string text =
      "| cell | runs | records | lost | applied twice | out of order | unseen | quarantined by mistake | "
      "runs with a problem | resumed s, median | worst | over the aim | RSS MB, peak | seeds | commit |\n"
      "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n";
  for (const auto& each : cells) {
    std::vector<const run_result*> runs;
    for (const auto& run : all_)
      if (run.cell == each.cell)
        runs.push_back(&run);
    if (!runs.empty())
      text += row_of(each, runs);
  }
  return text;
}

}  // namespace matricula::faults
