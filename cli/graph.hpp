// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/references.hpp"

#include <filesystem>
#include <iosfwd>
#include <string>

namespace matricula {

/// `matricula graph`: draws the topology in `file` to `out` in `format`, "dot" or "mermaid"; or prints every
/// problem that it has to `errors`. Returns the exit code.
int graph_topology(const std::filesystem::path& file, const std::string& format,
                   const environment_lookup& environment, std::ostream& out, std::ostream& errors);

}  // namespace matricula
