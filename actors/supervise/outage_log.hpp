// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "messages/errors.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace matricula {

/// What to log of something that fails again and again: at once when it begins or changes, then once a
/// minute, and when it is over. Each line says since when.
class outage_log {
 public:
  using steady = std::chrono::steady_clock::time_point;
  using wall = std::chrono::system_clock::time_point;

  static constexpr std::chrono::minutes repeat_after{1};

  /// A try failed: the line to log, or nothing.
  std::optional<std::string> failed(const failure& why, steady now, wall today);

  /// A try succeeded: the line to log, or nothing.
  std::optional<std::string> works(steady now);

 private:
  bool out_ = false;
  steady since_, logged_;
  wall began_;
  std::string text_;
};

}  // namespace matricula
