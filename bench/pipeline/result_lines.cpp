// SPDX-License-Identifier: Apache-2.0
#include "result_lines.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace matricula::bench {
namespace {

using nlohmann::json;

json to_json(const measured& one) {
  return {{"scenario", one.scenario},
          {"about", one.about},
          {"run", one.run},
          {"records", one.records},
          {"values", one.values}};
}

measured from_json(const json& line, int origin) {
  return {
      line.at("scenario").get<std::string>(),  line.at("about").get<std::string>(), line.at("run").get<int>(),
      line.at("records").get<std::uint64_t>(), line.at("values").get<figures>(),    origin};
}

/// The value that run `run`, from 1, has of a figure.
double value_of_run(const json& figure, std::size_t run) {
  const auto runs = figure.at("runs").get<std::size_t>();
  return figure.at(runs == 1     ? "median"
                   : run == 1    ? "least"
                   : run == runs ? "greatest"
                                 : "median")
      .get<double>();
}

}  // namespace

result_lines result_lines::of_report(const json& report) {
  result_lines results;
  results.origin_ = report.at("origin");
  results.origins_ = report.at("origins").get<std::vector<json>>();
  std::map<std::tuple<std::string, std::string, std::size_t>, std::size_t> places;
  for (const auto& figure : report.at("figures")) {
    const auto scenario = figure.at("scenario").get<std::string>(),
               about = figure.at("about").get<std::string>();
    const auto origins = report.at("origins_of").value(scenario, std::vector<int>{-1});
    for (std::size_t run = 1; run <= figure.at("runs").get<std::size_t>(); ++run) {
      const auto [place, is_new] = places.try_emplace({scenario, about, run}, results.all_.size());
      if (is_new)
        results.all_.push_back({scenario,
                                about,
                                static_cast<int>(run),
                                report.at("records").get<std::uint64_t>(),
                                {},
                                origins[run % origins.size()]});
      results.all_[place->second].values[figure.at("figure").get<std::string>()] = value_of_run(figure, run);
    }
  }
  return results;
}

result_lines::result_lines(std::filesystem::path file)
    : file_(std::move(file)) {
  std::ifstream in{file_};
  for (std::string line; std::getline(in, line);) {
    const auto parsed = json::parse(line, nullptr, false);
    if (parsed.is_discarded())
      continue;
    if (parsed.contains("machine"))
      note_origin(parsed);
    else
      all_.push_back(from_json(parsed, newest_origin()));
  }
}

bool result_lines::has(const std::string& scenario, std::uint64_t records, int run) const {
  return std::any_of(all_.begin(), all_.end(), [&](const auto& one) {
    return one.scenario == scenario && one.records == records && one.run == run;
  });
}

void result_lines::note_origin(const json& origin) {
  origins_.push_back(origin);
  if (origin_.is_null() || origin.value("command", "").find("--quick") == std::string::npos)
    origin_ = origin;
}

void result_lines::append(const std::string& lines) const {
  if (!file_.parent_path().empty())
    std::filesystem::create_directories(file_.parent_path());
  std::ofstream out{file_, std::ios::app};
  out << lines;
  if (!out.flush())
    throw std::runtime_error{"cannot write " + file_.string()};
}

void result_lines::add(const std::vector<measured>& run) {
  std::string lines;
  for (const auto& one : run)
    lines += to_json(one).dump() + '\n';
  append(lines);
  for (const auto& one : run)
    all_.emplace_back(one).origin = newest_origin();
}

void result_lines::keep_largest_pages() {
  std::uint64_t largest = 0;
  for (const auto& one : all_)
    largest = std::max(largest, one.records);
  std::erase_if(all_, [&](const auto& one) { return one.records != largest; });
}

void result_lines::include(std::vector<measured> more, const json& origin) {
  if (!origin.is_null()) {
    origins_.push_back(origin);
    for (auto& one : more)
      one.origin = newest_origin();
  }
  all_.insert(all_.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

void result_lines::add_origin(const json& origin) {
  append(origin.dump() + '\n');
  note_origin(origin);
}

std::vector<double> result_lines::values(const std::string& scenario, const std::string& about,
                                         const std::string& figure) const {
  std::vector<double> found;
  for (const auto& one : all_)
    if (one.scenario == scenario && one.about == about)
      if (const auto at = one.values.find(figure); at != one.values.end())
        found.push_back(at->second);
  return found;
}

}  // namespace matricula::bench
