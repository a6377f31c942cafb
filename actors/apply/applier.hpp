// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/apply/batch_walk.hpp"
#include "actors/apply/site_store.hpp"
#include "actors/protocol.hpp"
#include "actors/supervise/adapters.hpp"
#include "actors/supervise/outage_log.hpp"
#include "actors/supervise/restart_policy.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <deque>
#include <optional>
#include <string>

namespace matricula {

/// Applies a partition's batches, in their order, each in as few transactions as its poison allows.
///
///     closed ──open──▶ idle ──batch──▶ applying ──durable──▶ idle
///        ▲                               │ │ refused ─▶ halve, or set the record aside
///        │                               │ └ outage ─▶ back-off ─▶ applying (connects first, but for a conflict)
///        └──────── partition lost ───────┘   every batch in hand is answered with it
struct applier_state {
  struct work {
    site_batch_ptr batch;
    caf::typed_response_promise<applied_receipt> promise;
    batch_walk walk;
    applied_receipt receipt;
  };

  static inline const char* name = "applier";

  applier_actor::pointer self = nullptr;
  std::string site;
  topic_partition from;
  scoreboard_actor scoreboard;
  site_store_ptr store;
  std::optional<back_off> delays;
  bool connected = false;
  std::int64_t stored = 0;  ///< next offset in the database
  std::int64_t reached =
      0;  ///< next offset after what is applied; beyond `stored` only by batches that changed nothing
  std::deque<work> queue;  ///< bounded by the subscriber's batches_in_flight_max
  caf::typed_response_promise<stored_position> opening;
  bool timer_set = false;
  error_code waiting_for = error_code::none;  ///< what the last try failed of
  bool stopping = false;
  outage_log outage;

  ~applier_state();

  caf::result<stored_position> open();
  caf::result<applied_receipt> apply(site_batch_ptr batch);
  caf::result<done> flush();
  caf::result<done> look();
  caf::result<done> stop();
  void retry();

 private:
  void try_open();
  void advance();
  bool step(work& current);
  void wait(const failure& why);
  /// Logs and tells what hinders the site, and that it no longer does.
  void hindered(const failure& why);
  void works();
  /// The offset in the database; connects if need be.
  result<std::int64_t> offset_now();
  /// Writes how far the partition is where the last batches changed nothing.
  result<done> write_offset();
  void give_up(const failure& why);
  /// Tells what this partition does now.
  void tell(std::string_view what, const std::string& text = {});
};

applier_actor::behavior_type applier(applier_actor::stateful_pointer<applier_state> self,
                                     const deployment_ptr& deployment, const site_settings& site,
                                     topic_partition from, scoreboard_actor scoreboard);

}  // namespace matricula
