// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/protocol.hpp"
#include "actors/supervise/adapters.hpp"
#include "actors/supervise/run_figures.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <optional>

namespace matricula {

/// Keeps a run's figures and answers those who wait for pages.
struct scoreboard_state {
  static inline const char* name = "scoreboard";
  static constexpr std::size_t pages_max = 10'000;

  std::optional<run_figures> figures;
  std::uint64_t pages_awaited = 0;
  caf::typed_response_promise<done> awaiting;

  ~scoreboard_state();
  void answer_if_applied();
};

scoreboard_actor::behavior_type scoreboard(scoreboard_actor::stateful_pointer<scoreboard_state> self,
                                           const deployment_ptr& deployment);

}  // namespace matricula
