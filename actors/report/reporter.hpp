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
#include <vector>

namespace matricula {

/// Empties a site's outbox into Kafka: takes entries, sends them, and removes them when Kafka has them. A
/// crash in between sends them again; both topics are compacted by key, so a second copy is no second effect.
struct reporter_state {
  static inline const char* name = "reporter";

  reporter_actor::pointer self = nullptr;
  deployment_ptr deployment;
  std::string site;
  site_outbox_ptr outbox;
  std::vector<outbox_entry> entries;  ///< in hand; the producer reads them where they stand, so it goes first
  plain_producer_ptr producer;        ///< none while there is nothing to send: its threads wake every second
  bool sent_lately = false;           ///< since the last look
  std::optional<back_off> delays;
  bool timer_set = false, tidies = false;
  outage_log outage;

  /// Entries are gathered for a moment, so that a busy site's outbox is emptied in few rounds.
  void notice();
  void empty();
  void look();
  void tidy();

  void wait(std::chrono::milliseconds delay);

 private:
  result<bool> round();
};

reporter_actor::behavior_type reporter(reporter_actor::stateful_pointer<reporter_state> self,
                                       deployment_ptr deployment, const site_settings& site);

}  // namespace matricula
