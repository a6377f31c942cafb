// SPDX-License-Identifier: Apache-2.0
#include "actors/report/reporter.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace matricula {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds gather_delay{200};

constexpr std::chrono::seconds look_interval{10};

/// PostgreSQL tidies a page of removed rows when it is next read, once no transaction of the server is older, and writes
/// WAL for that: soon, then, and not with a page of records of which nothing has changed.
constexpr std::chrono::seconds tidy_delay{2};

/// From the asking for entries until they are librdkafka's. A process that is stopped, or cut off from the database, for a
/// minute and a half has lost the outbox to another (idle_session_timeout of postgres_outbox.cpp), which may have sent newer
/// entries of the same keys: what it has in hand then must not come behind them. librdkafka gives a message up after 30 s
/// (message.timeout.ms), and TCP after another 10 (unacknowledged_ms_max), so that nothing leaves later than 80 s after it
/// was asked for. Each statement of the asking may take 30 s (statement_timeout), and when the answer left PostgreSQL nobody
/// here knows: what is in hand for longer is asked for again.
constexpr std::chrono::seconds in_hand_max{40};

}  // namespace

void reporter_state::wait(milliseconds delay) {
  if (timer_set)
    return;
  timer_set = true;
  self->delayed_send(self, delay, outcome_atom::value);
}

void reporter_state::notice() {
  // Our own timer is up, or a neighbour tells of new entries.
  if (self->current_sender() == self->ctrl()) {
    timer_set = false;
    empty();
  } else {
    wait(gather_delay);
  }
}

/// One round: answers whether there may be more.
result<bool> reporter_state::round() {
  const auto& topology = deployment->topology;
  const auto asked_at = self->clock().now();
  auto taken = outbox->take(topology.limits.outbox_entries_max);
  if (!taken)
    return taken.error();
  entries = *std::move(taken);
  if (entries.empty()) {
    outbox->release();
    return false;
  }
  if (!producer)
    producer = deployment->adapters.open_plain_producer();
  sent_lately = true;
  for (const auto& entry : entries) {
    outgoing_message message;
    message.topic =
        entry.kind == "quarantine" ? topology.kafka.quarantine_topic : topology.kafka.outcomes_topic;
    message.key = entry.key;
    message.value = entry.value;
    auto sent = producer->send(message);
    // Behind the sending: a message that was late is still in the producer's queue, and goes with it.
    if (sent && self->clock().now() - asked_at > in_hand_max)
      sent = failure{error_code::database_conflict,
                     "read too long ago to be sent: another process may have the outbox of " + site +
                         " by now, and is asked"};
    if (!sent) {
      producer.reset();  // it reads the entries where they stand, so it goes first
      outbox->release();
      return sent.error();
    }
  }
  if (const auto flushed = producer->flush(); !flushed) {
    producer.reset();
    outbox->release();
    return flushed.error();
  }
  if (const auto removed = outbox->remove_taken(); !removed)
    return removed.error();
  if (!std::exchange(tidies, true))
    self->delayed_send(self, tidy_delay, retry_atom::value);
  return std::exchange(entries, {}).size() == topology.limits.outbox_entries_max;
}

void reporter_state::empty() {
  for (;;) {
    const auto more = round();
    if (!more) {
      if (const auto line =
              outage.failed(more.error(), self->clock().now(), std::chrono::system_clock::now()))
        spdlog::warn("site:{} outbox: {}", site, *line);
      return wait(delays->next());
    }
    if (const auto line = outage.works(self->clock().now()))
      spdlog::info("site:{} outbox: {}", site, *line);
    delays->reset();
    if (!*more)
      return;
  }
}

void reporter_state::tidy() {
  tidies = false;
  if (!timer_set)
    empty();
}

/// For what another process's appliers left behind.
void reporter_state::look() {
  if (!timer_set)
    empty();
  if (!std::exchange(sent_lately, false))
    producer.reset();
  self->delayed_send(self, look_interval, poll_atom::value);
}

reporter_actor::behavior_type reporter(reporter_actor::stateful_pointer<reporter_state> self,
                                       deployment_ptr deployment, const site_settings& site) {
  auto& state = self->state;
  state.self = self;
  self->set_exception_handler(log_exception);
  state.deployment = std::move(deployment);
  state.site = site.name;
  state.outbox = state.deployment->adapters.open_outbox(site);
  const auto& limits = state.deployment->topology.limits;
  state.delays.emplace(milliseconds{limits.retry_delay_ms_min}, milliseconds{limits.retry_delay_ms_max});
  state.wait(gather_delay);  // what a predecessor left
  self->delayed_send(self, look_interval, poll_atom::value);
  return {
      [self](outcome_atom) { self->state.notice(); },
      [self](poll_atom) { self->state.look(); },
      [self](retry_atom) { self->state.tidy(); },
      [self](stop_atom) -> caf::result<done> {
        self->state.empty();
        return done{};
      },
  };
}

}  // namespace matricula
