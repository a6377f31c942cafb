// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/written_topology.hpp"

#include <filesystem>

namespace matricula::config {

/// The topology that the file describes, what it leaves out filled in. Precondition: validation found no
/// problem.
topology build_topology(const written_topology& written, const std::filesystem::path& targets);

}  // namespace matricula::config
