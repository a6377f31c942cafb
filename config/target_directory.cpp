// SPDX-License-Identifier: Apache-2.0
#include "config/target_directory.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string_view>

namespace matricula::config {
namespace {

constexpr std::string_view target_files[] = {"schema.sql", "session.sql", "differs.sql", "outcomes.sql",
                                             "verify.sql"};

bool is_step(std::string_view name) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return name.size() > 3 && is_digit(name[0]) && is_digit(name[1]) && name[2] == '_';
}

/// What keeps the file from being read as SQL, or nothing.
std::string_view flaw_of(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  if (!in)
    return " cannot be read";
  char first = 0;
  return in >> first ? "" : " is empty";
}

}  // namespace

std::filesystem::path targets_directory(const written_pipeline& pipeline,
                                        const std::filesystem::path& directory) {
  const auto written =
      pipeline.targets_directory ? directory / *pipeline.targets_directory : directory / ".." / "targets";
  std::error_code error;
  auto absolute = std::filesystem::weakly_canonical(written, error);
  return error ? written.lexically_normal() : absolute;
}

std::vector<std::string> targets_in(const std::filesystem::path& targets_directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator each{targets_directory, error}, end; !error && each != end;
       each.increment(error))
    if (each->is_directory(error))
      names.push_back(each->path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> flaws_of_target(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator each{folder, error}, end; !error && each != end;
       each.increment(error))
    if (each->path().extension() == ".sql")
      names.push_back(each->path().filename().string());
  if (error)
    return {"cannot be read: " + error.message()};
  std::sort(names.begin(), names.end());

  std::vector<std::string> flaws;
  for (const auto& required : target_files)
    if (!std::binary_search(names.begin(), names.end(), required))
      flaws.push_back(std::string{required} + " is missing");
  for (const auto& name : names) {
    const bool is_known =
        std::find(std::begin(target_files), std::end(target_files), name) != std::end(target_files);
    if (!is_known && !is_step(name))
      flaws.push_back(name + " is neither a known file nor a step, NN_name.sql");
    else if (const auto flaw = flaw_of(folder / name); !flaw.empty())
      flaws.push_back(name + std::string{flaw});
  }
  if (std::none_of(names.begin(), names.end(), is_step))
    flaws.emplace_back("there is no step, NN_name.sql");
  return flaws;
}

}  // namespace matricula::config
