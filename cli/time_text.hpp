// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace matricula {

using utc_time = std::chrono::sys_time<std::chrono::milliseconds>;

/// Reads a time of a command line, in UTC: "2026-09-09T08:00", "2026-09-09T08:00:30Z".
std::optional<utc_time> time_from_text(std::string_view text);

/// Reads a time as it stands in JSON: "2026-09-09T08:00:12.345678+02:00", or as above.
std::optional<utc_time> time_from_json(std::string_view text);

/// The time to the second: "2026-09-09T08:00:30Z".
std::string text_of(utc_time time);

}  // namespace matricula
