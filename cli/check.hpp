// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/references.hpp"

#include <filesystem>
#include <iosfwd>

namespace matricula {

/// `matricula check`: prints what the topology in `file` guarantees to `out`, or every problem that it has to
/// `errors`. Returns the exit code.
int check_topology(const std::filesystem::path& file, const environment_lookup& environment,
                   std::ostream& out, std::ostream& errors);

}  // namespace matricula
