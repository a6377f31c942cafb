// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/protocol.hpp"
#include "actors/supervise/adapters.hpp"
#include "actors/supervise/restart_policy.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <optional>
#include <string>

namespace matricula {

/// Runs a site's reporter and subscriber. The subscriber sends to the reporter, so a reporter that dies takes
/// the subscriber with it; a subscriber that dies is started alone. Outages are waited out inside both, so an
/// actor that dies here has a fault: more than limits.restarts_max of those end the supervisor.
struct site_supervisor_state {
  static inline const char* name = "site_supervisor";

  site_supervisor_actor::pointer self = nullptr;
  deployment_ptr deployment;
  site_settings site;
  scoreboard_actor scoreboard;
  std::optional<restart_policy> restarts;
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
  void tell(std::string what, std::string text = {});
};

site_supervisor_actor::behavior_type
site_supervisor(site_supervisor_actor::stateful_pointer<site_supervisor_state> self,
                deployment_ptr deployment, site_settings site, scoreboard_actor scoreboard);

}  // namespace matricula
