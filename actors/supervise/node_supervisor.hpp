// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/protocol.hpp"
#include "actors/supervise/adapters.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <string>
#include <vector>

namespace matricula {

/// The root of a process's graph. A supervisor below that gives up ends the root with its reason, and the
/// process with it: whoever runs the process starts it again, and nothing is lost.
struct node_supervisor_state {
  static inline const char* name = "node_supervisor";

  node_supervisor_actor::pointer self = nullptr;
  deployment_ptr deployment;
  std::vector<source_supervisor_actor> sources;
  std::vector<site_supervisor_actor> sites;
  std::size_t unanswered = 0;
  bool stopping = false;
  caf::typed_response_promise<done> stopped;

  ~node_supervisor_state();

  caf::result<done> stop();
  void crash(const std::string& kind);
  void child_down(const caf::down_msg& down);

 private:
  template <class Children>
  void stop_all(const Children& children, void (node_supervisor_state::*then)());
  void stop_sites();
  void finish_stop();
};

/// Runs every source and site of the deployment's topology, which has been cut down to this node's.
node_supervisor_actor::behavior_type
node_supervisor(node_supervisor_actor::stateful_pointer<node_supervisor_state> self,
                deployment_ptr deployment, const scoreboard_actor& scoreboard);

}  // namespace matricula
