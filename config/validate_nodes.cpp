// SPDX-License-Identifier: Apache-2.0
#include "config/addresses.hpp"
#include "config/names.hpp"
#include "config/spelling.hpp"
#include "config/validate.hpp"

#include <map>
#include <set>

namespace matricula::config {
namespace {

void report_what_no_node_runs(const written_topology& topology, const std::set<std::string>& run,
                              problem_list& problems) {
  std::set<std::string> reported;  // two of one name are a problem already
  const auto report = [&](std::string_view kind, const auto& all) {
    for (const auto& each : all) {
      const auto entry = std::string{kind} + ":" + each.name.value.value_or("");
      if (each.name && run.count(entry) == 0 && reported.insert(entry).second)
        problems.add(each.at, "no node runs " + std::string{kind} + " \"" + each.name.literal + "\"",
                     "add \"" + std::string{kind} + ":" + each.name.literal + "\" to runs of a [[node]]");
    }
  };
  report("source", topology.sources);
  report("site", topology.sites);
}

void validate_listen(const std::vector<written_node>& nodes, problem_list& problems) {
  std::map<std::string, position> first;
  for (const auto& node : nodes) {
    if (!node.listen)
      continue;
    if (!is_host_and_port(*node.listen)) {
      problems.add(node.listen.at, "listen is not an address with a port: \"" + node.listen.literal + "\"",
                   "listen = \"0.0.0.0:9464\"");
      continue;
    }
    const auto [found, is_new] = first.emplace(*node.listen, node.listen.at);
    if (!is_new)
      problems.add(node.listen.at,
                   "two nodes listen on \"" + node.listen.literal + "\"; the first is on line " +
                       std::to_string(found->second.line),
                   "give each node the address of its own host, or a port of its own");
  }
}

}  // namespace

void validate_nodes(const written_topology& topology, problem_list& problems) {
  validate_names(topology.nodes, "[[node]]", problems);
  validate_listen(topology.nodes, problems);
  std::set<std::string> known;
  for (const auto& name : names_of(topology.sources))
    known.insert("source:" + name);
  for (const auto& name : names_of(topology.sites))
    known.insert("site:" + name);
  std::vector<std::string> runnable;  // the same, to be printed
  for (const auto& name : literal_names_of(topology.sources))
    runnable.push_back("source:" + name);
  for (const auto& name : literal_names_of(topology.sites))
    runnable.push_back("site:" + name);
  std::set<std::string> run;
  bool all_readable = true;
  for (const auto& node : topology.nodes) {
    all_readable = all_readable && node.runs;
    if (!node.runs)
      continue;
    if (node.runs->empty())
      problems.add(node.runs.at, "a node that runs nothing", "runs = […] with any of: " + listed(runnable));
    std::set<std::string> of_this_node;
    for (const auto& entry : *node.runs) {
      if (!entry)
        continue;
      run.insert(*entry);
      if (!of_this_node.insert(*entry).second)
        problems.add(entry.at, "\"" + entry.literal + "\" stands twice in one node", "each entry once");
      else if (known.count(*entry) == 0)
        problems.add(entry.at, "a node cannot run \"" + entry.literal + "\": there is no such source or site",
                     instead_of(entry.literal, runnable));
    }
  }
  if (!topology.nodes.empty() && all_readable)
    report_what_no_node_runs(topology, run, problems);
}

}  // namespace matricula::config
