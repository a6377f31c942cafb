// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/references.hpp"

#include <chrono>
#include <filesystem>
#include <iosfwd>

namespace matricula {

/// Prints a line for each topic of the topology in `file`: what it is and what to do about it; with `create`,
/// creates first what is missing. Alters and removes nothing. Waits up to `wait` for Kafka to answer. Answers
/// an exit code: exit_done if Kafka is as the file says.
int compare_or_create_topics(const std::filesystem::path& file, bool create, std::chrono::milliseconds wait,
                             const environment_lookup& environment, std::ostream& out, std::ostream& errors);

}  // namespace matricula
