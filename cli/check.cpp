// SPDX-License-Identifier: Apache-2.0
#include "cli/check.hpp"

#include "cli/command.hpp"
#include "config/edges.hpp"
#include "config/load.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <iostream>
#include <memory>

namespace matricula {
namespace {

constexpr auto examples = R"(Examples:
  matricula check config/topologies/demo.toml
      prints every problem of the file, each with its line, its column and what to write instead;
      if there is none, what every edge of the graph guarantees
  env MATRICULA_KAFKA=localhost:9092 matricula check my.toml
      references such as ${MATRICULA_KAFKA} are followed, so set what the file refers to

Nothing is started and no connection is made. Exit code 0: ready to run; 2: wrong usage;
78: the file must be changed.)";

std::string counted(std::size_t count, const std::string& one) {
  return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

}  // namespace

int check_topology(const std::filesystem::path& file, const environment_lookup& environment,
                   std::ostream& out, std::ostream& errors) {
  const auto loaded = load_topology(file, environment);
  if (!loaded) {
    for (const auto& problem : loaded.problems)
      errors << text_of(problem) << '\n';
    errors << counted(loaded.problems.size(), "problem") << "; nothing was started\n";
    return exit_bad_configuration;
  }
  const auto& all = *loaded.topology;
  out << file.string() << ": pipeline " << all.pipeline.name << ", school year " << all.pipeline.school_year
      << ": " << counted(all.sources.size(), "source") << ", " << counted(all.lanes.size(), "lane") << ", "
      << counted(all.sites.size(), "site") << ", "
      << counted(all.nodes.empty() ? 1 : all.nodes.size(), "node") << ". No problems.\n\n"
      << text_of(edges_of(all));
  return exit_done;
}

void add_check_command(CLI::App& app, int& exit_code) {
  auto* const command = app.add_subcommand("check", "Check a topology file and print what it guarantees");
  const auto file = std::make_shared<std::string>();
  command->add_option("topology", *file, "The topology file (TOML)")->required();
  command->footer(examples);
  command->callback(
      [file, &exit_code] { exit_code = check_topology(*file, system_environment(), std::cout, std::cerr); });
}

}  // namespace matricula
