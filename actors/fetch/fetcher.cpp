// SPDX-License-Identifier: Apache-2.0
#include "actors/fetch/fetcher.hpp"

#include "messages/control_json.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace matricula {

using std::chrono::milliseconds;

fetcher_state::~fetcher_state() {
  if (stopped.pending())
    stopped.deliver(make_error(error_code::stopping));
}

void fetcher_state::start(source_position position) {
  committed = asked = std::move(position);
  // The first page is due at once.
  started_last = self->clock().now() - settings.every;
  schedule();
}

bool fetcher_state::finished() const {
  return stopping || (last_page != 0 && asked.page_number >= last_page);
}

/// Nothing is read ahead of a page that is read again: it may be sent back once more, and behind the last page of a sweep
/// each try would begin another one, until the source no longer knew the page's cursor.
bool fetcher_state::may_read() const {
  const std::size_t pages_max = reading_again ? 1 : deployment->topology.limits.pages_in_flight_max;
  return !finished() && !sent_back && cursor_known && in_flight.size() < pages_max;
}

void fetcher_state::wait(milliseconds delay) {
  timer_set = true;
  due = self->clock().now() + delay;
  self->delayed_send(self, delay, retry_atom::value);
}

void fetcher_state::schedule() {
  if (timer_set || !may_read())
    return;
  const auto left = std::chrono::ceil<milliseconds>(started_last + settings.every - self->clock().now());
  wait(std::max(left, milliseconds::zero()));
}

void fetcher_state::tick() {
  if (!timer_set || self->clock().now() < due)
    return;  // a back-off has taken this timer's place
  timer_set = false;
  if (!may_read())
    return;
  if (!retried_last && send_retries())
    return;
  retried_last = false;
  read_page();
}

/// Reads the quarantine topic on. Answers whether what the queue holds may be acted upon: what was asked for long ago
/// may be done, as the topic says further on. Acting too early only costs a page, since a retry that was done is
/// recognised by the deduplicator's memory.
bool fetcher_state::knows_retries() {
  constexpr std::size_t messages_max = 1'000, polls_max = 100;
  bool caught_up = false;
  std::size_t handed_out = messages_max;
  for (std::size_t polls = 0; polls < polls_max && handed_out == messages_max; ++polls) {
    if (retries->bytes() >= retry_bytes_max)
      return true;
    handed_out = 0;
    const auto polled = quarantine->poll(messages_max, [&](const scanned_message& message) {
      retries->note(message.record.key, message.record.value);
      ++handed_out;
    });
    if (!polled) {
      if (const auto line =
              quarantine_outage.failed(polled.error(), self->clock().now(), std::chrono::system_clock::now()))
        spdlog::warn("source:{} retries: {}", settings.name, *line);
      return false;
    }
    caught_up = *polled;
  }
  if (auto keys = retries->take_dropped(); !keys.empty()) {
    forget_pages();  // a page that is as it was has records that are to be refused again
    dropped.insert(dropped.end(), std::make_move_iterator(keys.begin()), std::make_move_iterator(keys.end()));
  }
  if (const auto line = quarantine_outage.works(self->clock().now()))
    spdlog::info("source:{} retries: {}", settings.name, *line);
  return caught_up;
}

/// Every page is to be read again, those in flight too, which were compared with what Kafka had before.
void fetcher_state::forget_pages() {
  memory.forget();
  for (auto& [number, flight] : in_flight)
    flight.etag.clear();
}

/// Sends a page of retries on, if any are asked for, and answers whether it has.
bool fetcher_state::send_retries() {
  if (!knows_retries())
    return false;
  const auto number = asked.page_number + 1;
  auto batch = retries->take(number, settings.page_records_max, deployment->topology.limits.page_bytes_max);
  if (batch.records.empty())
    return false;
  retried_last = true;
  const page_envelope envelope{asked.cursor.value_or(""), asked.cursor, asked.sweep, batch.records.size()};
  fetched_page page;
  page.source = settings.name;
  page.number = number;
  page.requested_at = std::chrono::steady_clock::now();
  page.bytes = page_json(envelope, batch.records);
  page.retries = std::move(batch.retries);
  send_on(std::move(page), {asked.cursor, {}, batch.records.size()}, envelope);
  return true;
}

void fetcher_state::read_page() {
  const auto cursor = asked.cursor;
  const auto* remembered = memory.find(cursor);
  fetched_page page;
  page.source = settings.name;
  page.number = asked.page_number + 1;
  page.requested_at = std::chrono::steady_clock::now();
  page.salvage = page.number == committed.page_number + 1 && invalid_reads >= invalid_reads_max;
  const auto began = self->clock().now();
  auto answer = source->read(cursor, remembered == nullptr ? std::string{} : remembered->etag);
  if (!answer) {
    const auto& why = answer.error();
    if (why.code == error_code::stopping)
      return;
    if (why.code == error_code::cursor_unknown)
      asked.cursor.reset();  // the sweep starts again
    const auto delay = std::max(source_delays->next(), source->retry_after());
    log_failure(why);
    wait(delay);
    return;
  }
  started_last = began;
  page.bytes = std::move(answer->bytes);
  page.not_modified = answer->not_modified;
  if (answer->not_modified)
    page.remembered = remembered->envelope;
  const auto envelope = page.not_modified ? std::optional{page.remembered} : peek_envelope(page.bytes);
  send_on(std::move(page), {cursor, std::move(answer->etag)}, envelope);
}

void fetcher_state::send_on(fetched_page page, page_in_flight flight,
                            const std::optional<page_envelope>& envelope) {
  const auto number = page.number;
  asked.page_number = number;
  cursor_known = envelope.has_value();
  if (envelope) {
    asked.cursor = envelope->next;
    asked.sweep = envelope->sweep;
  }
  page.dropped = flight.dropped = std::exchange(dropped, {});
  in_flight.emplace(number, std::move(flight));
  const milliseconds timeout{deployment->topology.limits.request_timeout_ms};
  self->request(partitioner, timeout, std::make_shared<fetched_page>(std::move(page)))
      .then([this](page_receipt& receipt) { received(std::move(receipt)); },
            [this, number](const caf::error& why) { refused(number, why); });
  schedule();
}

void fetcher_state::received(page_receipt receipt) {
  const auto page = in_flight.extract(receipt.number);
  const auto& flight = page.mapped();
  if (flight.retries == 0) {
    delays->reset();
    source_delays->reset();
    if (const auto line = outage.works(self->clock().now()))
      spdlog::info("source:{} page {}: {}", settings.name, receipt.number, *line);
    invalid_reads = 0;
    reading_again = false;
    memory.remember(flight.cursor,
                    {flight.etag, {flight.cursor.value_or(""), receipt.next, receipt.sweep, receipt.read}});
  } else {
    spdlog::info("source:{} page {}: {} records out of quarantine, of which {} published", settings.name,
                 receipt.number, flight.retries, receipt.changed);
    retries->committed(receipt.number);
    // What was published may be older than what the source has, which is told by reading it.
    if (receipt.changed > 0)
      forget_pages();
  }
  committed = {receipt.number, receipt.next, receipt.sweep};
  // A page of retries has no say in where the source's next page is: its cursor may be unknown there by now.
  if (receipt.number == asked.page_number && flight.retries == 0) {
    asked = committed;
    cursor_known = true;
  }
  self->send(scoreboard, std::move(receipt));
  answered();
}

void fetcher_state::refused(std::uint64_t number, const caf::error& why) {
  const auto page = in_flight.extract(number);
  const auto reason = failure_of(why);
  const bool read_again =
      reason.code == error_code::page_invalid || reason.code == error_code::page_miscounted ||
      reason.code == error_code::transaction_aborted || reason.code == error_code::out_of_sequence;
  if (!read_again) {
    self->quit(why);  // the source's group starts again, from what Kafka has
    return;
  }
  const bool invalid = reason.code == error_code::page_invalid || reason.code == error_code::page_miscounted;
  if (page.mapped().retries == 0) {
    if (reason.code == error_code::page_invalid && number == committed.page_number + 1)
      ++invalid_reads;
  } else if (invalid) {
    retries->given_up(number);  // whatever is wrong with it, the source's pages must go on
    spdlog::error("source:{} page {}: {} records out of quarantine make no page that can be read: {}. "
                  "They are tried again when the source is started again",
                  settings.name, number, page.mapped().retries, reason.text);
  } else {
    retries->sent_back(number);
  }
  auto& keys = page.mapped().dropped;
  dropped.insert(dropped.end(), std::make_move_iterator(keys.begin()), std::make_move_iterator(keys.end()));
  if (!sent_back) {
    sent_back = reading_again = true;
    log_failure(reason);
  }
  answered();
}

void fetcher_state::answered() {
  if (in_flight.empty() && stopping) {
    if (stopped.pending())
      stopped.deliver(done{});
    return;
  }
  if (!sent_back)
    return schedule();
  if (!in_flight.empty())
    return;
  sent_back = false;
  asked = committed;
  cursor_known = true;
  wait(delays->next());
}

caf::result<done> fetcher_state::stop() {
  stopping = true;
  if (in_flight.empty())
    return done{};
  stopped = self->make_response_promise<done>();
  return caf::delegated<done>{};
}

void fetcher_state::log_failure(const failure& why) {
  if (const auto line = outage.failed(why, self->clock().now(), std::chrono::system_clock::now()))
    spdlog::warn("source:{} page {}: {}", settings.name, committed.page_number + 1, *line);
}

fetcher_actor::behavior_type fetcher(fetcher_actor::stateful_pointer<fetcher_state> self,
                                     deployment_ptr deployment, source_settings settings,
                                     page_source_ptr source, partitioner_actor partitioner,
                                     scoreboard_actor scoreboard, std::uint64_t last_page) {
  auto& state = self->state;
  state.self = self;
  self->set_exception_handler(log_exception);
  state.deployment = std::move(deployment);
  state.settings = std::move(settings);
  state.source = std::move(source);
  state.partitioner = std::move(partitioner);
  state.scoreboard = std::move(scoreboard);
  state.last_page = last_page;
  state.quarantine = state.deployment->adapters.open_tail(state.deployment->topology.kafka.quarantine_topic);
  state.retries.emplace(state.settings.name);
  const auto& limits = state.deployment->topology.limits;
  const milliseconds least{limits.retry_delay_ms_min}, greatest{limits.retry_delay_ms_max};
  state.delays.emplace(least, greatest);
  state.source_delays.emplace(least, std::max(greatest, state.settings.every));
  return {
      [self](start_atom, source_position& position) { self->state.start(std::move(position)); },
      [self](retry_atom) { self->state.tick(); },
      [self](stop_atom) { return self->state.stop(); },
  };
}

}  // namespace matricula
