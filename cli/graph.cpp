// SPDX-License-Identifier: Apache-2.0
#include "cli/graph.hpp"

#include "cli/command.hpp"
#include "cli/loaded_topology.hpp"
#include "config/draw_graph.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <iostream>
#include <memory>

namespace matricula {
namespace {

constexpr auto examples = R"(Examples:
  matricula graph config/topologies/demo.toml | dot -Tsvg > demo.svg
      a picture, made by Graphviz
  matricula graph config/topologies/demo.toml --format mermaid
      a flowchart to paste into Markdown, between ```mermaid and ```

The file must be a valid one: see matricula check. Exit code 0: drawn; 2: wrong usage; 78: bad topology file.)";

struct options {
  std::string file;
  std::string format = "dot";
};

}  // namespace

int graph_topology(const std::filesystem::path& file, const std::string& format,
                   const environment_lookup& environment, std::ostream& out, std::ostream& errors) {
  const auto loaded = load_or_explain(file, environment, errors);
  if (!loaded)
    return exit_bad_configuration;
  out << (format == "mermaid" ? draw_mermaid(*loaded) : draw_dot(*loaded));
  return exit_done;
}

void add_graph_command(CLI::App& app, int& exit_code) {
  auto* const command = app.add_subcommand("graph", "Draw a topology");
  const auto given = std::make_shared<options>();
  command->add_option("topology", given->file, "The topology file (TOML)")->required();
  command->add_option("--format", given->format, "dot or mermaid")
      ->check(CLI::IsMember({"dot", "mermaid"}))
      ->capture_default_str();
  command->footer(examples);
  command->callback([given, &exit_code] {
    exit_code = graph_topology(given->file, given->format, system_environment(), std::cout, std::cerr);
  });
}

}  // namespace matricula
