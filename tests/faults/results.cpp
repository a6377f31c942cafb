// SPDX-License-Identifier: Apache-2.0
#include "results.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

namespace matricula::faults {
namespace {

nlohmann::json to_json(const std::optional<double>& seconds) {
  return seconds ? nlohmann::json(*seconds) : nlohmann::json();
}

nlohmann::json to_json(const run_result& run) {
  return {{"cell", run.cell},
          {"seed", run.seed},
          {"records_wanted", run.extent.records},
          {"outage_s", run.extent.outage_s},
          {"every_ms", run.extent.every_ms},
          {"records", run.found.records},
          {"lost", run.found.lost},
          {"applied_twice", run.found.twice},
          {"out_of_order", run.found.out_of_order},
          {"back_s", run.found.back_s},
          {"unseen", run.found.unseen},
          {"quarantined_by_mistake", run.found.quarantined},
          {"resumed_s", to_json(run.resumed_s)},
          {"rss_peak_bytes", run.rss_peak_bytes},
          {"rss_before_bytes", run.outage_memory.before_bytes},
          {"rss_in_outage_bytes", run.outage_memory.meanwhile_bytes},
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
  run.extent.records = line.value("records_wanted", run.extent.records);
  run.extent.outage_s = line.value("outage_s", run.extent.outage_s);
  run.extent.every_ms = line.value("every_ms", run.extent.every_ms);
  line.at("records").get_to(run.found.records);
  line.at("lost").get_to(run.found.lost);
  line.at("applied_twice").get_to(run.found.twice);
  line.at("out_of_order").get_to(run.found.out_of_order);
  run.found.back_s = line.value("back_s", 0.0);
  line.at("unseen").get_to(run.found.unseen);
  line.at("quarantined_by_mistake").get_to(run.found.quarantined);
  if (const auto& resumed = line.at("resumed_s"); !resumed.is_null())
    run.resumed_s = resumed.get<double>();
  line.at("rss_peak_bytes").get_to(run.rss_peak_bytes);
  run.outage_memory.before_bytes = line.value("rss_before_bytes", std::uint64_t{0});
  run.outage_memory.meanwhile_bytes = line.value("rss_in_outage_bytes", std::uint64_t{0});
  line.at("example").get_to(run.found.example);
  line.at("problems").get_to(run.problems);
  line.at("note").get_to(run.note);
  run.found.repeated = line.value("repeated", std::uint64_t{0});
  run.commit = line.value("commit", "");
  return run;
}

/// What a row of the table says: the runs of a cell, summed up.
struct cell_row {
  std::string cell;
  std::size_t runs = 0, with_problems = 0, late = 0;
  bool has_aim = false;
  verdict sum;
  std::optional<double> resumed_median_s, resumed_worst_s;  ///< of the runs that did
  double back_worst_s = 0;
  std::uint64_t rss_peak_bytes = 0;
  double outage_memory_worst = 0;  ///< in the outage, of what it was before; 0: not asked
  std::set<std::uint64_t> seeds;
  std::set<std::string> commits;
};

double median_of(const std::vector<double>& sorted) {
  const auto middle = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

cell_row row_of(const results::title& of, const std::vector<const run_result*>& runs) {
  cell_row row;
  row.cell = of.cell;
  row.runs = runs.size();
  row.has_aim = of.resumes_within_s != 0;
  std::vector<double> resumed;
  for (const auto* run : runs) {
    row.sum.records += run->found.records;
    row.sum.lost += run->found.lost;
    row.sum.twice += run->found.twice;
    row.sum.out_of_order += run->found.out_of_order;
    row.sum.unseen += run->found.unseen;
    row.sum.quarantined += run->found.quarantined;
    row.back_worst_s = std::max(row.back_worst_s, run->found.back_s);
    row.rss_peak_bytes = std::max(row.rss_peak_bytes, run->rss_peak_bytes);
    row.outage_memory_worst = std::max(row.outage_memory_worst, run->outage_memory.ratio());
    row.seeds.insert(run->seed);
    row.with_problems += run->problems.empty() ? 0U : 1U;
    row.late += row.has_aim && (!run->resumed_s || *run->resumed_s > of.resumes_within_s) ? 1U : 0U;
    row.commits.insert(run->commit);
    if (run->resumed_s)
      resumed.push_back(*run->resumed_s);
  }
  if (!resumed.empty()) {
    std::sort(resumed.begin(), resumed.end());
    row.resumed_median_s = median_of(resumed);
    row.resumed_worst_s = resumed.back();
  }
  return row;
}

std::string seconds_text(const std::optional<double>& seconds) {
  return seconds ? fmt::format("{:.1f}", *seconds) : "–";
}

/// "1–20, 41–44"
std::string ranges_text(const std::set<std::uint64_t>& numbers) {
  std::vector<std::string> ranges;
  for (auto first = numbers.begin(); first != numbers.end();) {
    auto last = first, next = std::next(first);
    while (next != numbers.end() && *next == *last + 1)
      last = next++;
    ranges.push_back(first == last ? std::to_string(*first) : fmt::format("{}–{}", *first, *last));
    first = next;
  }
  return fmt::format("{}", fmt::join(ranges, ", "));
}

std::string to_markdown(const cell_row& row) {
  const auto late = row.has_aim ? fmt::format("{} of {}", row.late, row.runs) : std::string{"–"};
  return fmt::format(
      "| {} | {} | {} | {} | {} | {} | {:.1f} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
      row.cell, row.runs, row.sum.records, row.sum.lost, row.sum.twice, row.sum.out_of_order,
      row.back_worst_s, row.sum.unseen, row.sum.quarantined, row.with_problems,
      seconds_text(row.resumed_median_s), seconds_text(row.resumed_worst_s), late,
      row.rss_peak_bytes / 1'000'000,
      row.outage_memory_worst > 0 ? fmt::format("{:.2f}", row.outage_memory_worst) : "–",
      ranges_text(row.seeds), fmt::join(row.commits, ", "));
}

nlohmann::json to_json(const cell_row& row) {
  return {{"cell", row.cell},
          {"runs", row.runs},
          {"records", row.sum.records},
          {"lost", row.sum.lost},
          {"applied_twice", row.sum.twice},
          {"out_of_order", row.sum.out_of_order},
          {"back_worst_s", row.back_worst_s},
          {"unseen", row.sum.unseen},
          {"quarantined_by_mistake", row.sum.quarantined},
          {"with_problems", row.with_problems},
          {"resumed_median_s", to_json(row.resumed_median_s)},
          {"resumed_worst_s", to_json(row.resumed_worst_s)},
          {"over_the_aim", row.has_aim ? nlohmann::json(row.late) : nlohmann::json()},
          {"rss_peak_bytes", row.rss_peak_bytes},
          {"rss_in_outage_ratio_worst", row.outage_memory_worst},
          {"seeds", row.seeds},
          {"commits", row.commits}};
}

/// What of a run's extent is not as usual.
std::string extent_text(const run_extent& extent) {
  const run_extent usual;
  std::string text;
  if (extent.records != usual.records)
    text += fmt::format(", {} records", extent.records);
  if (extent.outage_s != usual.outage_s)
    text += fmt::format(", {} s", extent.outage_s);
  if (extent.every_ms != usual.every_ms)
    text += fmt::format(", a page in {} ms", extent.every_ms);
  return text;
}

/// The rows of these cells that have runs, one for each extent, and then of whatever else the file holds, of which no aim
/// is known.
std::vector<cell_row> rows_of(std::vector<results::title> cells, const std::vector<run_result>& all) {
  for (const auto& run : all)
    if (std::none_of(cells.begin(), cells.end(), [&](const auto& each) { return each.cell == run.cell; }))
      cells.push_back({run.cell, 0});
  std::vector<cell_row> rows;
  for (const auto& each : cells) {
    std::map<std::string, std::vector<const run_result*>> by_extent;
    for (const auto& run : all)
      if (run.cell == each.cell)
        by_extent[extent_text(run.extent)].push_back(&run);
    for (const auto& [extent, runs] : by_extent) {
      rows.push_back(row_of(each, runs));
      rows.back().cell += extent;
    }
  }
  return rows;
}

}  // namespace

results::results(std::filesystem::path file)
    : file_(std::move(file)) {
  std::ifstream in{file_};
  for (std::string line; std::getline(in, line);)
    if (const auto parsed = nlohmann::json::parse(line, nullptr, false); !parsed.is_discarded())
      all_.push_back(from_json(parsed));  // a line that was cut by the program's end is run again
}

const run_result* results::find(const std::string& cell, std::uint64_t seed, const run_extent& extent) const {
  const auto found = std::find_if(all_.begin(), all_.end(), [&](const auto& run) {
    return run.cell == cell && run.seed == seed && run.extent == extent;
  });
  return found == all_.end() ? nullptr : &*found;
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
      "| cell | runs | records | lost | applied twice | out of order | back s, worst | unseen | quarantined "
      "by mistake | "
      "runs with a problem | resumed s, median | worst | over the aim | RSS MB, peak | in an outage, of "
      "before | seeds | commit |\n"
      "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n";
  for (const auto& row : rows_of(cells, all_))
    text += to_markdown(row);
  return text;
}

std::string results::table_json(const std::vector<title>& cells) const {
  auto rows = nlohmann::json::array();
  for (const auto& row : rows_of(cells, all_))
    rows.push_back(to_json(row));
  return rows.dump(1) + '\n';
}

}  // namespace matricula::faults
