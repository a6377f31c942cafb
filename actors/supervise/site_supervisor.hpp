// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/protocol.hpp"
#include "actors/supervise/adapters.hpp"
#include "actors/supervise/outage_log.hpp"
#include "actors/supervise/restart_policy.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <optional>
#include <string>

namespace matricula {

/// Runs a site's reporter and subscriber. The subscriber sends to the reporter, so a reporter that dies takes
/// the subscriber with it; a subscriber that dies is started alone. Outages are waited out for ever: inside both, or
/// by another subscriber where this one's consumer could not be made or is of no more use. Whoever else dies has a
/// fault: more than limits.restarts_max of those, with less work than limits.restart_window_ms in between, end the
/// supervisor, and so does a subscriber that has given up on an applier.
struct site_supervisor_state {
  static inline const char* name = "site_supervisor";

  site_supervisor_actor::pointer self = nullptr;
  deployment_ptr deployment;
  site_settings site;
  scoreboard_actor scoreboard;
  std::optional<restart_policy> restarts;
  outage_log outage;
  steady_time started{};   ///< when who was missing was started last
  bool in_outage = false;  ///< who ended last did so of an outage
  reporter_actor reporter;
  subscriber_actor subscriber;
  bool timer_set = false;
  bool due = false;  ///< the back-off is over, but the subscriber is still going down
  bool stopping = false;
  caf::typed_response_promise<done> stopped;

  ~site_supervisor_state();

  void start_missing();
  void child_down(const caf::down_msg& down);
  caf::result<done> stop();
  void crash(const std::string& kind);

 private:
  void finish_stop();
  void give_up(const caf::error& why);
  /// Tells the scoreboard, and the log.
  void tell(std::string what, std::string text = {});
  /// Tells the scoreboard.
  void note(std::string what, std::string text = {});
};

site_supervisor_actor::behavior_type
site_supervisor(site_supervisor_actor::stateful_pointer<site_supervisor_state> self,
                deployment_ptr deployment, site_settings site, scoreboard_actor scoreboard);

}  // namespace matricula
