// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/references.hpp"

#include <chrono>
#include <filesystem>
#include <iosfwd>
#include <string>

namespace matricula {

/// Looks whether all that a run of the topology in `file` needs is there and fit for it: Kafka and its topics, each
/// source, each site (`site`: only this one, and no source). Prints a line for each thing, and below it what to do.
/// Changes nothing. Waits up to `wait` for Kafka. Answers an exit code: exit_done if nothing is wrong.
int examine_deployment(const std::filesystem::path& file, const std::string& site,
                       std::chrono::milliseconds wait, const environment_lookup& environment,
                       std::ostream& out, std::ostream& errors);

}  // namespace matricula
