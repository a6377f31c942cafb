// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace matricula::config {

/// Reads a whole number with its unit: "500ms", "10s", "2m", "1h". Nothing if it is not one, or not below
/// 10^12 ms.
std::optional<std::chrono::milliseconds> duration_from(std::string_view text);

/// The duration in the largest unit that holds it without a fraction.
std::string text_of(std::chrono::milliseconds duration);

}  // namespace matricula::config
