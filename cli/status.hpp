// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/references.hpp"

#include <chrono>
#include <filesystem>
#include <iosfwd>
#include <string>

namespace matricula {

/// Prints where each site of the topology in `file` stands (`site`: only this one): how far behind its topics, and what
/// it holds back. Waits up to `wait` for Kafka. Changes nothing. Answers an exit code: exit_done if all answered.
int print_status(const std::filesystem::path& file, const std::string& site, std::chrono::milliseconds wait,
                 const environment_lookup& environment, std::ostream& out, std::ostream& errors);

}  // namespace matricula
