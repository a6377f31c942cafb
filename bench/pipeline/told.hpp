// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace matricula::bench {

using wall_time = std::chrono::system_clock::time_point;

/// "2026-11-23T08:15:00.123Z", or with "+01:00" in place of Z. Throws std::runtime_error for anything else.
wall_time time_from(const std::string& text);

/// When the log (JSON lines) said first what begins with this text.
std::optional<wall_time> first_said(const std::string& log, const std::string& begins);

/// How long a process of PostgreSQL has waited for a lock at most, by what the server has written with log_lock_waits; 0: never
/// as long as its deadlock_timeout.
double longest_lock_wait_ms(const std::string& server_log, int process);

inline double seconds_between(wall_time from, wall_time to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace matricula::bench
