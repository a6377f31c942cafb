// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fault_run.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace matricula::faults {

/// The results so far: a file with a line of JSON per run, which an interrupted round goes on with.
class results {
 public:
  /// Reads what the file holds, if it exists.
  explicit results(std::filesystem::path file);

  const std::filesystem::path& file() const { return file_; }
  /// The run of this cell, seed and extent, if the file has it.
  const run_result* find(const std::string& cell, std::uint64_t seed, const run_extent& extent) const;
  void add(const run_result& result);

  /// A row of the table: a cell as it is called in the results, and its aim.
  struct title {
    std::string cell;
    double resumes_within_s = 0;
  };
  /// A row per cell and extent, in the order of `cells`, as Markdown; cells without a run are left out. What else the
  /// file holds comes behind.
  std::string table(const std::vector<title>& cells) const;
  /// The same as an array of JSON, seconds and bytes as they were measured.
  std::string table_json(const std::vector<title>& cells) const;

 private:
  std::filesystem::path file_;
  std::vector<run_result> all_;
};

}  // namespace matricula::faults
