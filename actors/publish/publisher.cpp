// SPDX-License-Identifier: Apache-2.0
#include "actors/publish/publisher.hpp"

#include "messages/control_json.hpp"
#include "messages/hashing.hpp"

#include <algorithm>

namespace matricula {
namespace {

constexpr std::size_t quarantined_bytes_max = 64U << 10U;
constexpr std::size_t quarantined_keys_max = 100'000;

}  // namespace

publisher_state::~publisher_state() {
  producer.reset();  // it reads pages and texts where they stand, so it goes first
  for (auto& [share, ticket] : pages.fail())
    ticket.deliver(make_error(error_code::stopping));
}

result<done> publisher_state::send_records(const page& page) {
  const auto& topology = deployment->topology;
  outgoing_message message;
  message.source = source;
  std::sort(changed.begin(), changed.end());
  for (const auto index : changed) {
    const auto& record = page.records[index];
    message.topic = topology.lanes[record.lane].topic;
    message.partition = partition_of(page.centre(record), topology.kafka.partitions);
    message.key = page.key(record);
    message.value = page.json(record);
    message.content_hash = record.content_hash;
    message.revision = page.revision(record);
    if (auto sent = producer->send(message); !sent)
      return sent;
  }
  return done{};
}

result<done> publisher_state::send_rejected(const page& page, const std::vector<rejected_record>& rejected) {
  for (const auto& record : rejected) {
    auto entry = quarantine_message_of(page, record, quarantined_bytes_max);
    if (quarantined.size() >= quarantined_keys_max)
      quarantined.clear();
    const bool fresh = quarantined.insert(entry.key).second;
    // Whoever asked for a retry wants to know what came of it: this refusal is a new one.
    if (!fresh && page.retries.empty())
      continue;
    if (auto sent = send_to_quarantine(std::move(entry.key), std::move(entry.value)); !sent)
      return sent;
    if (page.retries.empty())
      continue;
    const settled_retry settled{record.position, retry_state::refused,
                                revision_at(page.number, record.position)};
    if (auto sent = send_settled(page, settled); !sent)
      return sent;
  }
  return done{};
}

result<done> publisher_state::send_settled(const page& page, const settled_retry& settled) {
  const auto& retried = page.retries.at(settled.position);
  const retry_note note{retried.entry, retried.refused, settled.state, source, {}, settled.revision};
  return send_to_quarantine(note.key(), note.value());
}

result<done> publisher_state::send_to_quarantine(std::string key, std::string value) {
  outgoing_message message;
  message.topic = deployment->topology.kafka.quarantine_topic;
  message.key = keep(std::move(key));
  message.value = keep(std::move(value));
  return producer->send(message);
}

result<done> publisher_state::send(const page_share& share) {
  if (share.changed) {
    for (const auto& settled : share.settled)
      if (auto sent = send_settled(*share.page, settled); !sent)
        return sent;
    if (auto sent = send_rejected(*share.page, share.rejected); !sent)
      return sent;
    changed.insert(changed.end(), share.changed->indices.begin(), share.changed->indices.end());
    return done{};
  }
  if (auto sent = send_rejected(*share.page, share.page->rejected); !sent)
    return sent;
  outgoing_message message;
  message.topic = deployment->topology.kafka.cursors_topic;
  message.partition = 0;
  message.key = source;
  message.value = keep(source_position_json(source, *share.position));
  return producer->send(message);
}

caf::result<page_published> publisher_state::add(page_share_ptr share) {
  auto ticket = self->make_response_promise<page_published>();
  if (!pages.add(std::move(share), ticket)) {
    // The ticket is still ours.
    ticket.deliver(
        make_error(failure{error_code::out_of_sequence, "an earlier page of " + source + " failed"}));
  } else {
    advance();
  }
  return caf::delegated<page_published>{};
}

void publisher_state::advance() {
  while (const auto* shares = pages.current()) {
    if (!in_transaction) {
      if (const auto begun = producer->begin(); !begun)
        return fail(begun.error());
      in_transaction = true;
      shares_sent = 0;
      changed.clear();
      for (const auto& key : shares->front().share->page->dropped)
        quarantined.erase(key);
    }
    for (; shares_sent < shares->size(); ++shares_sent)
      if (const auto sent = send(*(*shares)[shares_sent].share); !sent)
        return fail(sent.error());
    if (!pages.complete())
      return;
    if (const auto sent = send_records(*shares->front().share->page); !sent)
      return fail(sent.error());
    const auto committed = producer->commit();
    if (!committed)
      return fail(committed.error());
    in_transaction = false;
    texts.clear();
    for (auto& [share, ticket] : pages.committed()) {
      page_published reply{share->page->number, {}};
      if (share->position)
        reply.ends = *committed;
      ticket.deliver(std::move(reply));
    }
  }
}

void publisher_state::fail(const failure& why) {
  auto outcome = why;
  // Shares of a page that is not whole yet would later pass for those of its next try.
  const bool whole = pages.complete();
  if (why.code == error_code::transaction_aborted)
    if (const auto aborted = producer->abort(); !aborted)
      outcome = aborted.error();
  in_transaction = false;
  // Only after an abort is nothing of the page under way; otherwise the producer goes before what it reads.
  if (outcome.code != error_code::transaction_aborted)
    producer.reset();
  texts.clear();
  quarantined.clear();
  for (auto& [share, ticket] : pages.fail())
    ticket.deliver(make_error(outcome));
  if (outcome.code != error_code::transaction_aborted || !whole)
    self->quit(make_error(outcome));
}

publisher_actor::behavior_type publisher(publisher_actor::stateful_pointer<publisher_state> self,
                                         deployment_ptr deployment, std::string source) {
  auto& state = self->state;
  state.self = self;
  self->set_exception_handler(log_exception);
  state.deployment = std::move(deployment);
  state.source = std::move(source);
  const auto& pipeline = state.deployment->topology.pipeline.name;
  state.producer =
      state.deployment->adapters.open_transactional_producer("matricula." + pipeline + "." + state.source);
  return {
      [self](open_atom) -> caf::result<done> {
        if (const auto opened = self->state.producer->open(); !opened)
          return make_error(opened.error());
        return done{};
      },
      [self](start_atom, std::uint64_t page_number) -> caf::result<done> {
        self->state.pages.resume(page_number);
        return done{};
      },
      [self](page_share_ptr share) { return self->state.add(std::move(share)); },
  };
}

}  // namespace matricula
