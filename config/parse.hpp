// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/document.hpp"

#include <optional>
#include <string_view>

namespace matricula::config {

/// Reads TOML. A syntax error ends the reading: it is added to `problems`, and nothing is returned.
std::optional<value> parse(std::string_view toml, problem_list& problems);

}  // namespace matricula::config
