// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/supervise/adapters.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace matricula {

/// A bug to come, for tests of the supervision: an actor of a kind dies.
struct planned_crash {
  std::string kind;
  std::chrono::milliseconds after{};  ///< so long after the start, or at the first such call from then on
  /// At which call of its adapters it throws, in the middle of a message: "before_commit" as commit begins,
  /// "after_commit" as it returns. Empty: between two messages.
  std::string call = {};
};

/// Reads "applier@1500,fetcher@2000:before_read": kinds of actors, milliseconds, and calls; nothing if it is not of this
/// form, or if the adapters of a kind have no such call.
std::optional<std::vector<planned_crash>> planned_crashes(std::string_view text);

/// `real`, but the calls that are planned throw std::logic_error, once for each plan, and say so in the log. The time
/// counts from here.
adapters throwing_adapters(adapters real, std::vector<planned_crash> plan);

}  // namespace matricula
