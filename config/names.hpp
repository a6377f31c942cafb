// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/written_topology.hpp"

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace matricula::config {

/// The usable names of sources, sites or nodes.
template <class Named>
std::vector<std::string> names_of(const std::vector<Named>& all) {
  std::vector<std::string> names;
  for (const auto& each : all)
    if (each.name)
      names.push_back(*each.name);
  return names;
}

/// How many sources, sites or nodes there are when those of one name, which is a problem of its own, count
/// once.
template <class Named>
std::size_t count_of_different(const std::vector<Named>& all) {
  const auto names = names_of(all);
  return all.size() - names.size() + std::set<std::string>(names.begin(), names.end()).size();
}

/// The usable names as they stand in the file, to be printed.
template <class Named>
std::vector<std::string> literal_names_of(const std::vector<Named>& all) {
  std::vector<std::string> names;
  for (const auto& each : all)
    if (each.name)
      names.push_back(each.name.literal);
  return names;
}

/// Reports a name that cannot stand in consumer groups, transactional ids and file names.
void validate_name(const written_text& name, problem_list& problems);

/// Reports every name that an earlier one has already; `heading` is "[[site]]" or its like.
void validate_unique(const std::vector<const written_text*>& names, std::string_view heading,
                     problem_list& problems);

/// Both for the names of all sources, sites or nodes.
template <class Named>
void validate_names(const std::vector<Named>& all, std::string_view heading, problem_list& problems) {
  std::vector<const written_text*> names;
  for (const auto& each : all) {
    validate_name(each.name, problems);
    names.push_back(&each.name);
  }
  validate_unique(names, heading, problems);
}

}  // namespace matricula::config
