// SPDX-License-Identifier: Apache-2.0
#include "config/load.hpp"

#include "config/build_topology.hpp"
#include "config/parse.hpp"
#include "config/read_topology.hpp"
#include "config/target_directory.hpp"
#include "config/validate.hpp"

#include <fstream>
#include <iterator>

namespace matricula {
namespace {

std::optional<std::string> content_of(const std::filesystem::path& file, problem_list& problems) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    problems.add({}, "there is no such file",
                 "the path of a topology file, such as config/topologies/demo.toml");
    return std::nullopt;
  }
  std::ifstream in{file, std::ios::binary};
  if (!in || std::filesystem::is_directory(file, error)) {
    problems.add({}, "it cannot be read", "a file that this user may read");
    return std::nullopt;
  }
  return std::string{std::istreambuf_iterator<char>{in}, {}};
}

void validate(const config::written_topology& written, const std::filesystem::path& targets,
              problem_list& problems) {
  config::validate_pipeline(written.pipeline, problems);
  config::validate_kafka(written.kafka, problems);
  config::validate_sources(written, problems);
  config::validate_lanes(written, problems);
  config::validate_sites(written, targets, problems);
  config::validate_nodes(written, problems);
  config::validate_calendar(written.calendar, problems);
  config::validate_limits(written, problems);
}

}  // namespace

loaded_topology load_topology(const std::filesystem::path& file, const environment_lookup& environment) {
  problem_list problems{file.string()};
  const auto text = content_of(file, problems);
  const auto document = text ? config::parse(*text, problems) : std::nullopt;
  if (!document)
    return {std::nullopt, problems.take()};
  const auto directory = file.has_parent_path() ? file.parent_path() : std::filesystem::path{"."};
  const auto written = config::read_topology(*document, {environment, directory, problems});
  const auto targets = config::targets_directory(written.pipeline, directory);
  validate(written, targets, problems);
  if (!problems.empty())
    return {std::nullopt, problems.take()};
  return {config::build_topology(written, targets), {}};
}

}  // namespace matricula
