// SPDX-License-Identifier: Apache-2.0
#include "actors/apply/applier.hpp"

#include <spdlog/spdlog.h>

namespace matricula {
namespace {

using std::chrono::milliseconds;

/// What is tried first when a site is there again, or may be: a small transaction costs little in vain, and is soon seen.
constexpr std::size_t records_after_outage = 1'000;

/// Offsets of batches that changed nothing are written after this long without another write.
constexpr std::chrono::seconds flush_delay{2};

}  // namespace

applier_state::~applier_state() {
  if (opening.pending())
    opening.deliver(make_error(error_code::stopping));
  for (auto& waiting : queue)
    waiting.promise.deliver(make_error(error_code::stopping));
}

void applier_state::wait(const failure& why) {
  waiting_for = why.code;
  if (stopping && why.code != error_code::database_conflict)
    return give_up({error_code::stopping, why.text});  // Kafka keeps the batch
  const auto delay = delays->next();
  hindered(why);
  if (timer_set)
    return;
  timer_set = true;
  self->delayed_send(self, delay, retry_atom::value);
}

void applier_state::hindered(const failure& why) {
  if (const auto line = outage.failed(why, self->clock().now(), std::chrono::system_clock::now())) {
    spdlog::warn("site:{} {}-{}: {}", site, from.topic, from.partition, *line);
    tell(name_of(why.code), why.text);
  }
}

void applier_state::works() {
  delays->reset();
  if (const auto line = outage.works(self->clock().now())) {
    spdlog::info("site:{} {}-{}: {}", site, from.topic, from.partition, *line);
    tell("running");
  }
}

void applier_state::tell(std::string_view what, const std::string& text) {
  self->send(scoreboard, stage_event{"site:" + site, std::string{what}, text,
                                     from.topic + '-' + std::to_string(from.partition)});
}

caf::result<stored_position> applier_state::open() {
  if (opening.pending())
    return make_error(error_code::stopping);  // the subscriber asks once at a time
  connected = false;
  // Batches sent before belong to the position that is being left.
  give_up({error_code::partition_lost, "the partition is opened anew"});
  opening = self->make_response_promise<stored_position>();
  try_open();
  return caf::delegated<stored_position>{};
}

void applier_state::try_open() {
  auto position = store->open(from);
  if (!position)
    return wait(position.error());
  connected = true;
  works();
  stored = reached = position->next_offset;
  opening.deliver(*position);
}

caf::result<applied_receipt> applier_state::apply(site_batch_ptr batch) {
  if (stopping)
    return make_error(error_code::stopping);  // Kafka keeps it
  auto& added = queue.emplace_back(
      work{batch, self->make_response_promise<applied_receipt>(), batch_walk{batch->records.size()}, {}});
  added.receipt.from = from;
  added.receipt.records = batch->records.size();
  added.receipt.next_offset = batch->next_offset;
  if (queue.size() == 1 && !timer_set)
    advance();
  return caf::delegated<applied_receipt>{};
}

void applier_state::retry() {
  timer_set = false;
  if (opening.pending())
    try_open();
  else
    advance();
}

void applier_state::advance() {
  while (!queue.empty()) {
    auto& current = queue.front();
    while (!current.walk.finished())
      if (!step(current))
        return;
    current.receipt.quarantined += current.walk.quarantined();
    current.receipt.applied_at = std::chrono::steady_clock::now();
    if (const auto count = current.receipt.quarantined; count > 0)
      spdlog::warn("site:{} {}-{}: {} of {} records to quarantine", site, from.topic, from.partition, count,
                   current.receipt.records);
    current.promise.deliver(std::move(current.receipt));
    queue.pop_front();
  }
  if (stored != reached)
    caf::delayed_anon_send(applier_actor{self}, flush_delay, flush_atom::value);
}

/// Applies the walk's next range. Answers false if the work has to wait, or is over.
bool applier_state::step(work& current) {
  const auto range = current.walk.range();
  if (range.first == 0 && current.walk.refused().empty() && current.batch->first_offset != reached) {
    give_up({error_code::partition_lost, "a batch from offset " +
                                             std::to_string(current.batch->first_offset) +
                                             " does not follow on " + std::to_string(reached)});
    return false;
  }
  const auto& records = current.batch->records;
  const auto next =
      range.last == records.size() ? current.batch->next_offset : records[range.last - 1].offset + 1;
  if (!connected) {
    const auto position = store->open(from);
    if (!position) {
      wait(position.error());
      return false;
    }
    connected = true;
    if (position->next_offset == next && next != stored) {
      // The connection broke in the commit, and the commit had happened.
      works();
      stored = reached = next;
      current.walk.applied();
      return true;
    }
    if (position->next_offset != stored) {
      give_up({error_code::partition_lost, "the site's offset is " + std::to_string(position->next_offset) +
                                               " instead of " + std::to_string(stored)});
      return false;
    }
    current.walk.shorten(records_after_outage);
    return true;
  }
  const auto applied = store->apply(*current.batch, range, current.walk.refused(), stored, next);
  if (applied) {
    works();
    const auto& counts = applied->counts;
    current.receipt.created += counts.created;
    current.receipt.changed += counts.changed;
    current.receipt.withdrawn += counts.withdrawn;
    current.receipt.unchanged += counts.unchanged;
    current.receipt.superseded += counts.superseded;
    current.receipt.held += counts.held;
    current.receipt.quarantined += applied->refused.size();
    reached = next;
    if (applied->offset_stored)
      stored = next;
    current.walk.applied();
    return true;
  }
  const auto& why = applied.error();
  switch (why.code) {
  case error_code::row_refused:
    if (!current.walk.refused().empty()) {
      current.walk.take_back();
      connected = false;
      wait({error_code::target_broken, why.text});
      return false;
    }
    current.walk.refuse(why);
    return true;
  case error_code::partition_lost:
    give_up(why);
    return false;
  case error_code::database_conflict:
    wait(why);
    return false;
  default:
    // Begun anew: a session that began while the database was read-only stays so when it no longer is, and one
    // whose target was mended, or whose tables were made anew, still has the old statements.
    connected = false;
    wait(why);
    return false;
  }
}

void applier_state::give_up(const failure& why) {
  if (opening.pending())
    opening.deliver(make_error(why));
  for (auto& waiting : queue)
    waiting.promise.deliver(make_error(why));
  queue.clear();
}

caf::result<done> applier_state::stop() {
  stopping = true;
  if (timer_set && waiting_for != error_code::database_conflict)
    give_up({error_code::stopping, "told to stop during an outage"});
  return flush();
}

result<std::int64_t> applier_state::offset_now() {
  if (connected)
    return store->look();
  const auto position = store->open(from);
  if (!position)
    return position.error();
  return position->next_offset;
}

caf::result<done> applier_state::look() {
  if (!queue.empty() || opening.pending())
    return done{};  // the next transaction will find out
  const auto now = offset_now();
  connected = static_cast<bool>(now);
  if (!now) {
    hindered(now.error());
    return done{};
  }
  if (*now == reached)
    stored = reached;  // also where the answer to a flush was lost
  if (*now != stored) {
    works();
    return make_error(
        {error_code::partition_lost,
         "the site's offset was moved from " + std::to_string(stored) + " to " + std::to_string(*now)});
  }
  const auto written = write_offset();
  if (written) {
    works();
    return done{};
  }
  if (written.error().code == error_code::partition_lost)
    return make_error(written.error());
  connected = written.error().code == error_code::database_conflict;
  hindered(written.error());
  return done{};
}

result<done> applier_state::write_offset() {
  if (queue.empty() && connected && stored != reached) {
    const auto written = store->advance(stored, reached);
    if (!written)
      return written.error();
    stored = reached;
  }
  return done{};
}

caf::result<done> applier_state::flush() {
  if (const auto written = write_offset(); !written) {
    if (written.error().code == error_code::partition_lost)
      connected = false;                 // so that the next batch finds out, also if it changes nothing
    return make_error(written.error());  // the next look tries again
  }
  return done{};
}

applier_actor::behavior_type applier(applier_actor::stateful_pointer<applier_state> self,
                                     const deployment_ptr& deployment, const site_settings& site,
                                     topic_partition from, scoreboard_actor scoreboard) {
  auto& state = self->state;
  state.scoreboard = std::move(scoreboard);
  state.self = self;
  self->set_exception_handler(log_exception);
  state.site = site.name;
  state.from = std::move(from);
  state.store = deployment->adapters.open_store(site);
  const auto& limits = deployment->topology.limits;
  state.delays.emplace(milliseconds{limits.retry_delay_ms_min}, milliseconds{limits.retry_delay_ms_max});
  return {
      [self](open_atom) { return self->state.open(); },
      [self](site_batch_ptr& batch) { return self->state.apply(std::move(batch)); },
      [self](retry_atom) { self->state.retry(); },
      [self](poll_atom) { return self->state.look(); },
      [self](flush_atom) { return self->state.flush(); },
      [self](stop_atom) { return self->state.stop(); },
  };
}

}  // namespace matricula
