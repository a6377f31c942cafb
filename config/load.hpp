// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/problem.hpp"
#include "config/references.hpp"
#include "config/topology.hpp"

#include <filesystem>
#include <optional>
#include <vector>

namespace matricula {

/// What became of a topology file: the topology, or every problem that it has, in the order of the file.
struct loaded_topology {
  std::optional<struct topology> topology;
  std::vector<problem> problems;  ///< empty if and only if there is a topology

  explicit operator bool() const { return topology.has_value(); }
};

/// Parses, validates and builds the topology in `file`. Opens no connection and throws nothing for a bad
/// file. docs/topology.md describes the format.
loaded_topology load_topology(const std::filesystem::path& file,
                              const environment_lookup& environment = system_environment());

}  // namespace matricula
