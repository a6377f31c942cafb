// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/dedup/content_index.hpp"
#include "actors/protocol.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <chrono>

namespace matricula {

/// A lane's memory. A changed record is remembered for good only when the publisher has answered.
struct deduplicator_state {
  static inline const char* name = "deduplicator";

  deduplicator_actor::pointer self = nullptr;
  publisher_actor publisher;
  std::chrono::milliseconds request_timeout{};
  content_index index;

  caf::result<lane_receipt> filter(const batch_ptr& share, std::uint32_t shares_total);
};

deduplicator_actor::behavior_type deduplicator(deduplicator_actor::stateful_pointer<deduplicator_state> self,
                                               publisher_actor publisher,
                                               std::chrono::milliseconds request_timeout);

}  // namespace matricula
