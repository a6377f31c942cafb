// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/references.hpp"
#include "config/topology.hpp"

#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace matricula {

/// The topology in `file`. Nothing if it has problems, which are printed, a line each: exit_bad_configuration.
std::optional<topology> load_or_explain(const std::filesystem::path& file,
                                        const environment_lookup& environment, std::ostream& errors);

/// The site of this name. None: it is printed which there are, and the exit code is exit_wrong_usage.
const site_settings* site_named(const std::filesystem::path& file, const topology& all,
                                const std::string& name, std::ostream& errors);

/// The same for an option: one site, or, if the name is empty, all. Nothing if there is none of that name.
std::optional<std::vector<const site_settings*>> sites_named(const std::filesystem::path& file,
                                                             const topology& all, const std::string& name,
                                                             std::ostream& errors);

}  // namespace matricula
