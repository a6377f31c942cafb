// SPDX-License-Identifier: Apache-2.0
#include "result_lines.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>
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

}  // namespace

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
