// SPDX-License-Identifier: Apache-2.0
#include "cli/loaded_topology.hpp"

#include "config/load.hpp"

#include <ostream>
#include <utility>

namespace matricula {

std::optional<topology> load_or_explain(const std::filesystem::path& file,
                                        const environment_lookup& environment, std::ostream& errors) {
  auto loaded = load_topology(file, environment);
  for (const auto& problem : loaded.problems)
    errors << text_of(problem) << '\n';
  return std::move(loaded.topology);
}

const site_settings* site_named(const std::filesystem::path& file, const topology& all,
                                const std::string& name, std::ostream& errors) {
  std::string names;
  for (const auto& each : all.sites) {
    if (each.name == name)
      return &each;
    names += (names.empty() ? "" : ", ") + each.name;
  }
  errors << file.string() << " has no site \"" << name << "\"; it has " << (names.empty() ? "none" : names)
         << '\n';
  return nullptr;
}

std::optional<std::vector<const site_settings*>> sites_named(const std::filesystem::path& file,
                                                             const topology& all, const std::string& name,
                                                             std::ostream& errors) {
  std::vector<const site_settings*> sites;
  if (name.empty())
    for (const auto& each : all.sites)
      sites.push_back(&each);
  else if (const auto* const one = site_named(file, all, name, errors))
    sites.push_back(one);
  else
    return std::nullopt;
  return sites;
}

}  // namespace matricula
