// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/message_types.hpp"

#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <chrono>
#include <functional>

namespace matricula {

/// A consumer is polled when it calls, and at least this often: the broker takes a member that never polls
/// for dead.
inline constexpr std::chrono::seconds poll_interval_max{5};

/// A callback for any thread that sends the actor a poll message. Does not keep the actor alive.
template <class Handle>
std::function<void()> wake_up(const Handle& actor) {
  return [weak = caf::actor_cast<caf::actor_addr>(actor)] {
    if (const auto strong = caf::actor_cast<caf::actor>(weak))
      caf::anon_send(strong, poll_atom::value);
  };
}

}  // namespace matricula
