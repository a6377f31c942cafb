// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/written_topology.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace matricula::config {

/// Where targets are looked up: targets_directory of [pipeline], relative to the topology file's `directory`;
/// without it, `directory`/../targets.
std::filesystem::path targets_directory(const written_pipeline& pipeline,
                                        const std::filesystem::path& directory);

/// The names of the targets in it, sorted.
std::vector<std::string> targets_in(const std::filesystem::path& targets_directory);

}  // namespace matricula::config
