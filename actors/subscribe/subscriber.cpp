// SPDX-License-Identifier: Apache-2.0
#include "actors/subscribe/subscriber.hpp"

#include "actors/apply/applier.hpp"
#include "actors/subscribe/wake_up.hpp"
#include "actors/supervise/end_reason.hpp"
#include "actors/supervise/spawn_blocking.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace matricula {
namespace {

using std::chrono::milliseconds;

/// The consumer may refuse to begin a partition while Kafka hands partitions round.
constexpr milliseconds begin_retry_delay{100};

/// While something is under way. An idle site's timer is set for the next look alone: each wakes three threads.
constexpr std::chrono::seconds busy_tick_interval{1};

/// Between two looks at an idle partition's offset.
constexpr std::chrono::seconds look_interval = poll_interval_max;

}  // namespace

subscriber_state::~subscriber_state() {
  if (stopped.pending())
    stopped.deliver(make_error(error_code::stopping));
  for (auto& [key, partition] : partitions)
    if (partition.applier)
      caf::anon_send_exit(partition.applier, caf::exit_reason::kill);
}

bool subscriber_state::waits_for_a_site() const {
  return std::any_of(partitions.begin(), partitions.end(),
                     [](const auto& each) { return each.second.flow.waits() && !each.second.paused; });
}

/// Its site is slow or gone, which is no reason to hold up its other partitions.
void subscriber_state::pause_who_waits_long() {
  for (auto& [key, partition] : partitions) {
    if (!partition.flow.waits()) {
      partition.waited = false;
    } else if (std::exchange(partition.waited, true) && !partition.paused) {
      partition.paused = true;
      consumer->pause(partition.where);
    }
  }
}

/// Nothing is awaited of a site, and there is no lag to tell of.
bool subscriber_state::is_idle() const {
  return std::all_of(partitions.begin(), partitions.end(), [this](const auto& each) {
    const auto& partition = each.second;
    return lag_told == 0 && partition.flowing && !partition.paused && partition.flow.idle();
  });
}

void subscriber_state::set_timer() {
  const auto now = self->clock().now();
  const auto idle = is_idle();
  if (tick_at && (idle || *tick_at <= now + busy_tick_interval))
    return;
  tick_at = idle ? look_at : now + busy_tick_interval;
  self->delayed_send(self, *tick_at - now, poll_atom::value);
}

void subscriber_state::tick() {
  const auto now = self->clock().now();
  if (!tick_at || now < *tick_at)
    return poll();
  tick_at.reset();
  pause_who_waits_long();
  take_events();
  tell_lag(true);
  if (now >= look_at) {
    look_at = now + look_interval;
    look_at_positions();
  }
  set_timer();
}

void subscriber_state::poll() {
  take_events();
  set_timer();
}

void subscriber_state::take_events() {
  if (waits_for_a_site())
    return;
  // One round takes what is there, up to a batch's worth; then other messages have their turn.
  for (std::size_t taken = 0; taken < deployment->topology.limits.batch_records_max; ++taken) {
    auto event = consumer->poll();
    if (std::holds_alternative<std::monostate>(event)) {
      send_on_what_there_is();
      return;
    }
    if (auto* message = std::get_if<consumed_message>(&event)) {
      const auto found = partitions.find({message->from.topic, message->from.partition});
      if (found == partitions.end() || !found->second.flowing)
        continue;
      auto& partition = found->second;
      partition.flow.add(std::move(*message));
      if (partition.flow.full())
        send_on(partition);
      if (partition.flow.waits()) {
        send_on_what_there_is();  // of the others, who may have little
        return;                   // the answer to a batch goes on
      }
    } else if (const auto* given = std::get_if<partitions_assigned>(&event)) {
      for (const auto& where : given->partitions)
        assign(where);
    } else if (const auto* taken_away = std::get_if<partitions_revoked>(&event)) {
      for (const auto& where : taken_away->partitions)
        revoke(where);
    } else if (const auto* problem = std::get_if<consumer_problem>(&event)) {
      if (problem->reason.code == error_code::offset_out_of_log) {
        spdlog::error("site:{} {}", site.name, problem->reason.text);
        tell_of(problem->where, "stuck", problem->reason.text);
        if (const auto found = partitions.find({problem->where.topic, problem->where.partition});
            found != partitions.end())
          found->second.stuck = true;
      } else if (problem->reason.code == error_code::partition_lost) {
        return self->quit(make_error(problem->reason));  // it takes another consumer to come back
      } else {
        spdlog::warn("site:{} {}", site.name, problem->reason.text);
      }
    }
  }
  caf::anon_send(subscriber_actor{self}, poll_atom::value);
}

subscriber_state::assigned_partition::assigned_partition(const topic_partition& from,
                                                         const struct limits& limits)
    : where(from)
    , pace(limits.batch_records_max)
    , flow(from, {pace.records(), limits.batch_bytes_max, limits.batches_in_flight_max})
    , restarts(limits.restarts_max, milliseconds{limits.restart_window_ms},
               milliseconds{limits.retry_delay_ms_min}, milliseconds{limits.retry_delay_ms_max}) {}

void subscriber_state::assign(const topic_partition& where) {
  revoke(where);
  const auto added =
      partitions.try_emplace({where.topic, where.partition}, where, deployment->topology.limits);
  if (!stopping)
    spawn_applier(added.first->second);
  tell_membership();
}

void subscriber_state::revoke(const topic_partition& where) {
  const auto found = partitions.find({where.topic, where.partition});
  if (found == partitions.end())
    return;
  if (found->second.applier)
    self->send_exit(found->second.applier, caf::exit_reason::user_shutdown);
  // Whatever its applier has told of the partition is another process's affair now.
  tell_of(where, "running");
  partitions.erase(found);
  tell_membership();
  stop_when_drained();
}

void subscriber_state::spawn_applier(assigned_partition& partition) {
  partition.applier =
      spawn_blocking(*self, *deployment, applier, deployment, site, partition.where, scoreboard);
  self->monitor<caf::message_priority::high>(partition.applier);
  open(partition);
}

void subscriber_state::open(assigned_partition& partition) {
  // What was gathered is read again, from where the site says.
  partition.flow = partition_flow{partition.where, partition.flow.limits()};
  partition.pace.begin();
  partition.flowing = false;
  partition.begin_at.reset();
  caf::anon_send(subscriber_actor{self}, poll_atom::value);  // the others may have waited for it
  const auto generation = partition.generation = ++generations;
  const partition_key key{partition.where.topic, partition.where.partition};
  self->request(partition.applier, caf::infinite, open_atom::value)
      .then(
          [this, key, generation](const stored_position& position) {
            const auto found = partitions.find(key);
            if (found != partitions.end() && found->second.generation == generation)
              begin(found->second, position.next_offset);
          },
          [](const caf::error&) { /* the applier is going down; its supervisor hears of it */ });
}

void subscriber_state::begin(assigned_partition& partition, std::int64_t offset) {
  // Messages may come as soon as the consumer has been told, so the flow expects them first.
  partition.flow = partition_flow{partition.where, partition.flow.limits()};
  partition.pace.begin();
  partition.flow.begin(offset);
  partition.applied_to = offset;
  partition.paused = false;
  partition.flowing = true;
  partition.begin_at.reset();
  if (const auto begun = consumer->begin(partition.where, offset); !begun) {
    partition.flowing = false;
    partition.begin_at = offset;
    spdlog::debug("site:{} {}", site.name, begun.error().text);
    self->delayed_send(self, begin_retry_delay, restart_atom::value, partition.where.topic,
                       partition.where.partition);
    return;
  }
  partition.restarts.works(self->clock().now());
  if (std::exchange(partition.stuck, false))
    tell_of(partition.where, "running");
  poll();
}

void subscriber_state::restart(const partition_key& key) {
  const auto found = partitions.find(key);
  if (found == partitions.end() || stopping || found->second.flowing)
    return;
  auto& partition = found->second;
  if (!partition.applier)
    spawn_applier(partition);
  else if (partition.begin_at)
    begin(partition, *partition.begin_at);
}

void subscriber_state::send_on_what_there_is() {
  for (auto& [key, partition] : partitions)
    send_on(partition);
}

void subscriber_state::send_on(assigned_partition& partition) {
  if (stopping || !partition.flowing)
    return;
  const partition_key key{partition.where.topic, partition.where.partition};
  while (auto batch = partition.flow.take()) {
    partition.pace.sent(batch->records.size(), self->clock().now());
    self->request(partition.applier, caf::infinite, std::move(batch))
        .then([this, key, generation = partition.generation](
                  applied_receipt& receipt) { applied(key, generation, std::move(receipt)); },
              [this, key, generation = partition.generation](const caf::error& why) {
                failed(key, generation, why);
              });
  }
  if (partition.paused && !partition.flow.waits()) {
    partition.paused = false;
    consumer->resume(partition.where);
  }
}

void subscriber_state::applied(const partition_key& key, std::uint64_t generation, applied_receipt receipt) {
  const auto found = partitions.find(key);
  if (found == partitions.end() || found->second.generation != generation)
    return;
  auto& partition = found->second;
  partition.flow.answered();
  partition.pace.answered(self->clock().now());
  partition.flow.limit_records(partition.pace.records());
  partition.applied_to = receipt.next_offset;
  consumer->note_applied(partition.where, receipt.next_offset);
  self->send(reporter, outcome_atom::value);
  self->send(scoreboard, site.name, std::move(receipt));
  tell_lag(false);
  if (std::exchange(partition.waited, false) || partition.flow.waits())
    caf::anon_send(subscriber_actor{self}, poll_atom::value);
  send_on(partition);
  stop_when_drained();
}

void subscriber_state::tell_of(const topic_partition& where, const std::string& what,
                               const std::string& text) {
  self->send(scoreboard, stage_event{"site:" + site.name, what, text,
                                     where.topic + '-' + std::to_string(where.partition)});
}

void subscriber_state::tell_membership() {
  if (stopping || std::exchange(has_partitions, !partitions.empty()) == !partitions.empty())
    return;
  const auto* const text =
      has_partitions ? "has partitions of its topics" : "waits for partitions of its topics";
  spdlog::info("site:{} {}", site.name, text);
  self->send(scoreboard,
             stage_event{"site:" + site.name, has_partitions ? "running" : "waiting", text, "membership"});
}

void subscriber_state::tell_lag(bool ask) {
  if (partitions.empty())
    return;  // whoever has them knows
  std::int64_t lag = 0;
  for (const auto& [key, partition] : partitions) {
    if (ask && (partition.paused || !partition.flowing))
      consumer->ask_end(partition.where);
    lag += consumer->behind(partition.where, partition.applied_to);
  }
  if (lag != std::exchange(lag_told, lag))
    self->send(scoreboard, lag_atom::value, site.name, lag);
}

void subscriber_state::failed(const partition_key& key, std::uint64_t generation, const caf::error& why) {
  const auto found = partitions.find(key);
  if (found == partitions.end() || found->second.generation != generation)
    return;
  auto& partition = found->second;
  partition.flow.answered();
  if (const auto reason = failure_of(why); reason.code == error_code::partition_lost)
    lost(partition, reason);
  // Any other error means that the applier is going down; applier_down sees to it.
  stop_when_drained();
}

void subscriber_state::lost(assigned_partition& partition, const failure& why) {
  spdlog::info("site:{} {}-{}: {}; reading from there", site.name, partition.where.topic,
               partition.where.partition, why.text);
  consumer->pause(partition.where);
  if (!stopping)
    open(partition);
}

void subscriber_state::look_at_positions() {
  if (stopping)
    return;
  for (auto& [key, partition] : partitions) {
    if (!partition.flowing || !partition.applier || !partition.flow.idle())
      continue;
    self->request(partition.applier, caf::infinite, poll_atom::value)
        .then([](done) {},
              [this, key = key, generation = partition.generation](const caf::error& why) {
                const auto found = partitions.find(key);
                const auto reason = failure_of(why);
                if (found != partitions.end() && found->second.generation == generation &&
                    reason.code == error_code::partition_lost)
                  lost(found->second, reason);
              });
  }
}

void subscriber_state::applier_down(const caf::down_msg& down) {
  for (auto& [key, partition] : partitions) {
    if (caf::actor_cast<caf::actor_addr>(partition.applier) != down.source)
      continue;
    partition.applier = nullptr;
    partition.flowing = false;
    partition.generation = ++generations;
    partition.flow = partition_flow{partition.where, partition.flow.limits()};
    partition.pace.begin();
    consumer->pause(partition.where);
    caf::anon_send(subscriber_actor{self}, poll_atom::value);
    if (stopping)
      return stop_when_drained();
    const auto delay = partition.restarts.died(self->clock().now());
    if (!delay) {
      spdlog::error("site:{} {}-{}: its applier died too often", site.name, key.first, key.second);
      self->quit(gave_up(down.reason));
      return;
    }
    spdlog::warn("site:{} {}-{}: its applier died ({}); started again in {} ms", site.name, key.first,
                 key.second, text_of(down.reason), delay->count());
    self->delayed_send(self, *delay, restart_atom::value, key.first, key.second);
    return;
  }
}

caf::result<done> subscriber_state::stop() {
  stopping = true;
  stopped = self->make_response_promise<done>();
  for (auto& [key, partition] : partitions) {
    consumer->pause(partition.where);
    if (!partition.applier)
      continue;
    // Ahead of the batches that it has not begun: Kafka keeps those, and a slow site is drained sooner.
    ++flushes_unanswered;
    const auto flushed = [this] {
      --flushes_unanswered;
      stop_when_drained();
    };
    self->request<caf::message_priority::high>(partition.applier, caf::infinite, stop_atom::value)
        .then([flushed](done) { flushed(); }, [flushed](const caf::error&) { flushed(); });
  }
  stop_when_drained();
  return caf::delegated<done>{};
}

void subscriber_state::stop_when_drained() {
  if (!stopping || !stopped.pending() || flushes_unanswered > 0)
    return;
  for (const auto& [key, partition] : partitions)
    if (partition.applier && partition.flow.in_flight() > 0)
      return;
  consumer->leave();
  stopped.deliver(done{});
}

void subscriber_state::crash_applier() {
  for (auto& [key, partition] : partitions)
    if (partition.applier) {
      spdlog::info("site:{} its applier dies, as planned", site.name);
      return self->send_exit(partition.applier, caf::exit_reason::unhandled_exception);
    }
  self->delayed_send(self, crash_again_after, crash_atom::value, std::string{"applier"});
}

subscriber_actor::behavior_type subscriber(subscriber_actor::stateful_pointer<subscriber_state> self,
                                           deployment_ptr deployment, site_settings site,
                                           reporter_actor reporter, scoreboard_actor scoreboard) {
  auto& state = self->state;
  state.self = self;
  self->set_exception_handler(log_exception);
  state.deployment = std::move(deployment);
  state.site = std::move(site);
  state.reporter = std::move(reporter);
  state.scoreboard = std::move(scoreboard);
  self->set_down_handler([self](const caf::down_msg& down) { self->state.applier_down(down); });
  const auto& pipeline = state.deployment->topology.pipeline.name;
  state.consumer =
      state.deployment->adapters.open_consumer("matricula." + pipeline + ".site." + state.site.name);
  state.consumer->on_ready(wake_up(subscriber_actor{self}));
  if (const auto subscribed = state.consumer->subscribe(state.site.topics); !subscribed)
    self->quit(make_error(subscribed.error()));
  else
    state.tell_membership();
  state.look_at = self->clock().now() + look_interval;
  state.set_timer();
  return {
      [self](poll_atom) {
        // Wake-ups from the consumer come without a sender.
        if (self->current_sender() == self->ctrl())
          self->state.tick();
        else
          self->state.poll();
      },
      [self](restart_atom, const std::string& topic, std::int32_t partition) {
        self->state.restart({topic, partition});
      },
      [self](stop_atom) { return self->state.stop(); },
      [self](crash_atom, const std::string&) { self->state.crash_applier(); },
  };
}

}  // namespace matricula
