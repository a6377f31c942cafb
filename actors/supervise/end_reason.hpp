// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/message_types.hpp"
#include "actors/supervise/restart_policy.hpp"

#include <caf/error.hpp>
#include <caf/make_message.hpp>
#include <caf/message.hpp>
#include <caf/sec.hpp>

#include <chrono>
#include <optional>

namespace matricula {

/// Whether an actor ended because of the world outside and not because of a fault in it. A reply that does not
/// come in time is waited for by who hangs in a call, to Kafka as a rule; `stopping` is what the dying answer.
inline bool is_outage(const caf::error& reason) {
  return reason && (reason == caf::sec::request_timeout ||
                    (reason.category() == error_category && reason != make_error(error_code::stopping)));
}

/// The delay before who ended of `reason` is started again, or nothing if its supervisor is to give up.
inline std::optional<std::chrono::milliseconds>
delay_after(const caf::error& reason, restart_policy& restarts, restart_policy::clock::time_point now) {
  return is_outage(reason) ? std::optional{restarts.failed(now)} : restarts.died(now);
}

/// The category of `gave_up`.
inline constexpr auto gave_up_category = caf::atom("gave_up");

/// The reason of an actor that gives up on one of its own, which died of `last`. Its supervisor gives up as well: one
/// death for so many would be too few.
inline caf::error gave_up(const caf::error& last) { return {1, gave_up_category, caf::make_message(last)}; }

/// What that one died of; nothing if this is another reason.
inline std::optional<caf::error> given_up_for(const caf::error& reason) {
  if (!reason || reason.category() != gave_up_category)
    return std::nullopt;
  return reason.context().get_as<caf::error>(0);
}

}  // namespace matricula
