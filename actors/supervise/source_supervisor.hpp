// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/partition/partitioner.hpp"
#include "actors/protocol.hpp"
#include "actors/supervise/adapters.hpp"
#include "actors/supervise/outage_log.hpp"
#include "actors/supervise/restart_policy.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>

namespace matricula {

/// Runs a source's group of actors while this process owns the source. They depend on each other, so they are
/// restarted as one: whatever dies, all are ended, and a new group begins from what Kafka holds.
///
///     standby ──elected──▶ fencing ──publisher open──▶ rebuilding ──lanes loaded──▶ running
///        ▲                  ▲  └────────────── any actor dies ──┴──────────────────────┤
///        │                  └──back-off── ending (until the last actor is gone) ◀──────┘
///        └──── revoked, group ended ────────┘
///
/// Outages, and replies that do not come in time, are waited out for ever; a group, or an elector, that crashes more
/// than limits.restarts_max times without working for limits.restart_window_ms in between ends the supervisor, which
/// its own supervisor takes as the end of the process.
struct source_supervisor_state {
  static inline const char* name = "source_supervisor";

  source_supervisor_actor::pointer self = nullptr;
  deployment_ptr deployment;
  source_settings settings;
  scoreboard_actor scoreboard;
  std::optional<restart_policy> elector_restarts, group_restarts;
  outage_log outage;

  elector_actor election;
  bool owner = false;
  bool stopping = false;
  std::uint64_t last_page = 0;   ///< of this process's run, once known; 0: no limit
  std::uint64_t generation = 0;  ///< of the group; replies to an earlier one are void
  bool ending = false;
  bool let_go = false;  ///< the group is ending because another process has the source
  std::map<caf::actor_addr, caf::actor> group;  ///< the living, by address
  std::map<std::string, caf::actor> by_kind;    ///< one of each kind
  std::set<std::string> doomed;                 ///< kinds that a test wants dead as soon as there is one
  caf::error cause;                             ///< why the group is ending
  publisher_actor publisher;
  deduplicators parts;
  page_source_ptr source;
  fetcher_actor fetcher;
  caf::typed_response_promise<done> stopped;

  ~source_supervisor_state();

  void tell(std::string what, std::string text = {});
  void start_election();
  bool comes_from_the_elector() const;
  void elected();
  void revoked();
  void start_group();
  void child_down(const caf::down_msg& down);
  caf::result<done> stop();
  void crash(const std::string& kind);

 private:
  template <class Handle>
  Handle adopt(Handle child, const char* kind);
  void rebuild();
  void run(const source_position& position);
  void die(const caf::actor& which, const std::string& kind);
  void end_group(const caf::error& why);
  void group_ended();
  void give_up(const caf::error& why);
  void finish_stop();
};

source_supervisor_actor::behavior_type
source_supervisor(source_supervisor_actor::stateful_pointer<source_supervisor_state> self,
                  deployment_ptr deployment, source_settings settings, scoreboard_actor scoreboard);

}  // namespace matricula
