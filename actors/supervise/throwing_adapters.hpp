// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/supervise/adapters.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace matricula {

/// An actor of a kind dies of a bug, on purpose: for tests of the supervision.
struct planned_crash {
  std::string kind;
  std::chrono::milliseconds after{};  ///< so long after the start, or at such a call from then on
  /// At which call of its adapters it throws, in the middle of a message: "before_commit" as commit begins,
  /// "after_commit" as it returns. Empty: between two messages.
  std::string call = {};
  std::uint64_t passes = 0;  ///< so many such calls do no harm before
};

/// Reads "applier@1500,fetcher@2000:before_read,publisher@0:after_send+9": kinds of actors, milliseconds, calls, and
/// how many of them pass; nothing if it is not of this form, or if the adapters of a kind have no such call.
std::optional<std::vector<planned_crash>> planned_crashes(std::string_view text);

/// `real`, but the calls that are planned throw std::logic_error, each of them once, and say so in the log. Crashes
/// without a call are left to others. The time counts from here. Groups of consumers are
/// matricula.PIPELINE.source.NAME and matricula.PIPELINE.site.NAME.
adapters throwing_adapters(const adapters& real, const std::string& pipeline,
                           std::vector<planned_crash> plan);

}  // namespace matricula
