// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/protocol.hpp"
#include "actors/subscribe/batch_pace.hpp"
#include "actors/subscribe/group_consumer.hpp"
#include "actors/subscribe/partition_flow.hpp"
#include "actors/supervise/adapters.hpp"
#include "actors/supervise/restart_policy.hpp"

#include <caf/actor_clock.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace matricula {

/// Feeds a site: an applier for every partition that the group gives it, begun at the offset in the site's
/// database.
///
///     assigned ─▶ opening ──position──▶ flowing ──batch full──▶ waiting ──answered──▶ flowing
///                   ▲                      │ partition lost,       └─ for long ─▶ paused ──answered──▶ flowing
///                   └──────────────────────┘ applier dead (back-off)
///
/// While a partition waits for the site nothing is polled: a paused partition loses what the consumer has fetched for it,
/// and may have to wait for the others' next fetch to be fetched again. One that has waited for one to two seconds is paused all
/// the same, so that the others go on.
///
///     revoked: the applier is let go; what it still commits moves the offset, and the next owner sees that.
struct subscriber_state {
  struct assigned_partition {
    assigned_partition(const topic_partition& from, const struct limits& limits);

    topic_partition where;
    batch_pace pace;
    partition_flow flow;
    restart_policy restarts;
    applier_actor applier;
    std::uint64_t generation =
        0;  ///< grows when the applier is opened anew; replies to an earlier one are void
    std::int64_t applied_to = 0;           ///< everything before this offset is durable at the site
    std::optional<std::int64_t> begin_at;  ///< opened, but the consumer was not ready to begin there
    bool flowing = false;
    bool stuck = false;   ///< its topic no longer holds the site's offset
    bool waited = false;  ///< for its site, at the last tick
    bool paused = false;
  };
  using partition_key = std::pair<std::string, std::int32_t>;
  using time_point = caf::actor_clock::time_point;

  static inline const char* name = "subscriber";

  subscriber_actor::pointer self = nullptr;
  deployment_ptr deployment;
  site_settings site;
  scoreboard_actor scoreboard;
  reporter_actor reporter;
  group_consumer_ptr consumer;  ///< its end waits for every message still held, so the appliers go first
  std::map<partition_key, assigned_partition> partitions;
  std::uint64_t generations = 0;
  bool stopping = false;
  std::int64_t lag_told = 0;
  bool has_partitions = true;  ///< as told; so that the first word is that it waits for some
  std::size_t flushes_unanswered = 0;
  time_point look_at{};               ///< when idle partitions' offsets are looked at next
  std::optional<time_point> tick_at;  ///< of the timer that counts; one set before for later is void
  caf::typed_response_promise<done> stopped;

  ~subscriber_state();

  /// Takes what the consumer has, and sees to it that the timer comes in time.
  void poll();
  /// The timer: every second while something is under way, and otherwise as seldom as offsets are looked at.
  void tick();
  /// Sets it, unless it is set for a time that is early enough.
  void set_timer();
  void pause_who_waits_long();
  void restart(const partition_key& key);
  caf::result<done> stop();
  void crash_applier();
  /// Tells the scoreboard how far the site is behind; `ask`: about partitions that are not read now, too.
  void tell_lag(bool ask);
  /// Asks the idle appliers whether somebody has moved their offsets: a replay, or another owner.
  void look_at_positions();
  /// Tells the scoreboard when the group has given the site its first partition, or taken the last.
  void tell_membership();
  void applier_down(const caf::down_msg& down);

 private:
  bool waits_for_a_site() const;
  bool is_idle() const;
  void take_events();
  void assign(const topic_partition& where);
  void revoke(const topic_partition& where);
  void spawn_applier(assigned_partition& partition);
  void open(assigned_partition& partition);
  void begin(assigned_partition& partition, std::int64_t offset);
  void send_on(assigned_partition& partition);
  void send_on_what_there_is();
  void applied(const partition_key& key, std::uint64_t generation, applied_receipt receipt);
  void failed(const partition_key& key, std::uint64_t generation, const caf::error& why);
  /// Tells the scoreboard what a partition of the site does now.
  void tell_of(const topic_partition& where, const std::string& what, const std::string& text = {});
  void lost(assigned_partition& partition, const failure& why);
  void stop_when_drained();
};

subscriber_actor::behavior_type subscriber(subscriber_actor::stateful_pointer<subscriber_state> self,
                                           deployment_ptr deployment, site_settings site,
                                           reporter_actor reporter, scoreboard_actor scoreboard);

}  // namespace matricula
