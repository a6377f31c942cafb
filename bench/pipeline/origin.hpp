// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench_deployment.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace matricula::bench {

/// What results come from: machine, commit, command, and the settings that decide how much a commit costs.
nlohmann::json origin_of(const servers& on, const std::string& command);

}  // namespace matricula::bench
