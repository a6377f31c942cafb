// SPDX-License-Identifier: Apache-2.0
#include "config/node_of.hpp"

#include "config/spelling.hpp"

namespace matricula {

std::optional<node_settings> node_of(const topology& all, const std::optional<std::string>& name) {
  if (name) {
    for (const auto& node : all.nodes)
      if (node.name == *name)
        return node;
    return std::nullopt;
  }
  node_settings everything;
  everything.name = all.nodes.size() == 1 ? all.nodes.front().name : all.pipeline.name;
  for (const auto& node : all.nodes)
    if (everything.listen.empty())
      everything.listen = node.listen;
  for (const auto& source : all.sources)
    everything.sources.push_back(source.name);
  for (const auto& site : all.sites)
    everything.sites.push_back(site.name);
  return everything;
}

std::string unknown_node(const topology& all, const std::string& name) {
  const auto what = "no [[node]] is named \"" + name + "\"";
  if (all.nodes.empty())
    return what + "; the topology has none, so leave out --node";
  std::vector<std::string> names;
  for (const auto& node : all.nodes)
    names.push_back(node.name);
  return what + "; " + config::instead_of(name, names);
}

}  // namespace matricula
