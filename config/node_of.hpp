// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/topology.hpp"

#include <optional>
#include <string>

namespace matricula {

/// What one process runs: the node named `name`, or nothing if there is none. Without a name it runs every
/// source and site, and listens where the first node that listens does.
std::optional<node_settings> node_of(const topology& all, const std::optional<std::string>& name);

/// What to tell whoever asked for a node that does not exist: what is wrong, and which nodes there are.
std::string unknown_node(const topology& all, const std::string& name);

}  // namespace matricula
