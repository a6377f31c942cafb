// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/protocol.hpp"
#include "actors/subscribe/group_consumer.hpp"
#include "actors/supervise/adapters.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <string>

namespace matricula {

/// A member of the group that owns a source: whoever Kafka gives partition 0 of the cursors' topic is the
/// owner. Each source has a group of its own, so a process is elected for those sources only that it may run.
struct elector_state {
  static inline const char* name = "elector";

  elector_actor::pointer self = nullptr;
  deployment_ptr deployment;
  std::string source;
  group_consumer_ptr consumer;
  source_supervisor_actor owner;

  void poll();
};

elector_actor::behavior_type elector(elector_actor::stateful_pointer<elector_state> self,
                                     deployment_ptr deployment, std::string source,
                                     source_supervisor_actor owner);

}  // namespace matricula
