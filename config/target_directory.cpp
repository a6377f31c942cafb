// SPDX-License-Identifier: Apache-2.0
#include "config/target_directory.hpp"

#include <algorithm>

namespace matricula::config {
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

}  // namespace matricula::config
