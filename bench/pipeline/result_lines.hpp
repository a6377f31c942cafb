// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "statistics.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace matricula::bench {

/// Values by name; each name ends in its unit, or in _ratio.
using figures = std::map<std::string, double>;

/// What one run of a scenario has found about one of its cases.
struct measured {
  std::string scenario;  ///< "page"
  std::string about;     ///< "new", "unchanged", …
  int run = 0;           ///< from 1
  std::uint64_t records = 0;
  figures values;
  int origin = -1;  ///< which of result_lines::origins; -1: none is known
};

/// The results so far: a file of JSON lines, one a case and run, which an interrupted round goes on with. Lines that
/// have "machine" say where and from what the lines after them come.
class result_lines {
 public:
  /// Reads what the file holds, if it exists; a line that was cut is left out.
  explicit result_lines(std::filesystem::path file);
  /// What an earlier report_json (report.hpp) says. It has no single runs, so that one of each figure's has the least value
  /// here, one the greatest, and all others the median. Nothing can be added.
  static result_lines of_report(const nlohmann::json& report);

  bool has(const std::string& scenario, std::uint64_t records, int run) const;
  /// All cases of a run at once, so that a run is there as a whole or not at all.
  void add(const std::vector<measured>& run);
  /// For a report, in which pages of different sizes have no common median: keeps the largest.
  void keep_largest_pages();
  /// For a report: these are not written to the file. `origin`: where they come from, if that is another place than
  /// that of the rest.
  void include(std::vector<measured> more, const nlohmann::json& origin = nullptr);
  void add_origin(const nlohmann::json& origin);

  const std::vector<measured>& all() const { return all_; }
  /// The newest, if it can be of what was not measured in a hurry; null if there is none.
  const nlohmann::json& origin() const { return origin_; }
  /// All of them, as they came.
  const std::vector<nlohmann::json>& origins() const { return origins_; }

  /// The values of a figure over the runs.
  std::vector<double> values(const std::string& scenario, const std::string& about,
                             const std::string& figure) const;
  spread of(const std::string& scenario, const std::string& about, const std::string& figure) const {
    return spread_of(values(scenario, about, figure));
  }

 private:
  result_lines() = default;
  void append(const std::string& lines) const;
  void note_origin(const nlohmann::json& origin);
  int newest_origin() const { return static_cast<int>(origins_.size()) - 1; }

  std::filesystem::path file_;
  std::vector<measured> all_;
  nlohmann::json origin_;
  std::vector<nlohmann::json> origins_;
};

}  // namespace matricula::bench
