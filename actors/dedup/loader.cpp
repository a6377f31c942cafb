// SPDX-License-Identifier: Apache-2.0
#include "actors/dedup/loader.hpp"

#include "actors/partition/key_shares.hpp"
#include "messages/control_json.hpp"
#include "messages/hashing.hpp"

#include <algorithm>

namespace matricula {
namespace {

constexpr std::size_t chunk_messages_max = 20'000;

}  // namespace

loader_state::~loader_state() {
  if (promise.pending())
    promise.deliver(make_error(error_code::stopping));
}

caf::result<source_position> loader_state::start() {
  promise = self->make_response_promise<source_position>();
  scan = deployment->adapters.open_scan({deployment->topology.kafka.cursors_topic});
  read_cursors();
  return caf::delegated<source_position>{};
}

void loader_state::read_cursors() {
  const auto more = scan->next(chunk_messages_max, [this](const scanned_message& message) {
    if (message.record.key == source)
      position = parse_source_position(message.record.value).value_or(position);
  });
  if (!more) {
    promise.deliver(make_error(more.error()));
    return;
  }
  if (*more)  // a transaction may hold back the end for long, and this actor be told to end meanwhile
    return self->send(self, poll_atom::value);
  std::vector<std::string> topics;
  const auto& lanes = deployment->topology.lanes;
  for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
    if (lanes[lane].source != source)
      continue;
    topics.push_back(lanes[lane].topic);
    lane_of_topic.push_back(static_cast<std::uint16_t>(lane));
  }
  scan = deployment->adapters.open_scan(std::move(topics));
  at_lanes = true;
  load_chunk();
}

void loader_state::load_chunk() {
  std::vector<std::vector<index_entry>> entries(parts.size());
  const auto more = scan->next(chunk_messages_max, [&](const scanned_message& message) {
    const auto& record = message.record;
    const auto key_hash = key_hash_of(record.key);
    entries[part_of_keys(key_hash, parts.size())].push_back({key_hash, record.content_hash, record.revision});
    ends[{lane_of_topic[message.topic_index], message.partition}] = record.offset;
    // A lost cursor must not make revisions repeat: what the lanes hold counts too.
    position.page_number = std::max(position.page_number, page_number_of(record.revision));
  });
  if (!more) {
    promise.deliver(make_error(more.error()));
    return;
  }
  unanswered = static_cast<std::size_t>(
      std::count_if(entries.begin(), entries.end(), [](const auto& chunk) { return !chunk.empty(); }));
  if (!*more && unanswered == 0) {
    for (const auto& [where, offset] : ends)
      position.ends.push_back({{deployment->topology.lanes[where.first].topic, where.second}, offset});
    promise.deliver(position);
    self->quit();
    return;
  }
  for (std::size_t part = 0; part < entries.size(); ++part)
    if (!entries[part].empty())
      self->request(parts[part], caf::infinite,
                    index_chunk{std::make_shared<std::vector<index_entry>>(std::move(entries[part]))})
          .then([this](done) { answered(); });
  if (unanswered == 0)
    self->send(self, poll_atom::value);
}

void loader_state::go_on() {
  if (at_lanes)
    load_chunk();
  else
    read_cursors();
}

void loader_state::answered() {
  if (--unanswered == 0)
    load_chunk();
}

loader_actor::behavior_type loader(loader_actor::stateful_pointer<loader_state> self,
                                   deployment_ptr deployment, std::string source, deduplicators parts) {
  self->state.self = self;
  self->set_exception_handler(log_exception);
  self->state.deployment = std::move(deployment);
  self->state.source = std::move(source);
  self->state.parts = std::move(parts);
  return {
      [self](start_atom) { return self->state.start(); },
      [self](poll_atom) { self->state.go_on(); },
  };
}

}  // namespace matricula
