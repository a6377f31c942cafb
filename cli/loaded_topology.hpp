// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/references.hpp"
#include "config/topology.hpp"

#include <filesystem>
#include <iosfwd>
#include <optional>

namespace matricula {

/// The topology in `file`. Nothing if it has problems, which are printed, a line each: exit_bad_configuration.
std::optional<topology> load_or_explain(const std::filesystem::path& file,
                                        const environment_lookup& environment, std::ostream& errors);

}  // namespace matricula
