// SPDX-License-Identifier: Apache-2.0
#include "cli/quarantine_retry.hpp"

#include "actors/publish/kafka_producer.hpp"
#include "cli/command.hpp"
#include "cli/natural_key.hpp"
#include "cli/quarantine_reading.hpp"
#include "messages/hashing.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <map>
#include <ostream>
#include <utility>

namespace matricula {
namespace {

using json = nlohmann::json;

/// Whether an entry's record is, byte for byte, what was refused: a source's entry has the hash of it as the last part
/// of its key, a site's tells its length.
bool is_whole(const quarantine_entry& entry, const json& value, const std::string& record) {
  if (entry.site.empty()) {
    char hash[17];
    std::snprintf(hash, sizeof hash, "%016llx", static_cast<unsigned long long>(content_hash_of(record)));
    return entry.key == "source/" + entry.source + '/' + hash;
  }
  const auto bytes = value.find("record_bytes");
  return bytes == value.end() || (bytes->is_number_unsigned() && bytes->get<std::size_t>() == record.size());
}

/// The source that publishes to a topic; empty: no lane of the topology has it.
std::string source_of(const std::string& topic, const topology& all) {
  const auto lane =
      std::find_if(all.lanes.begin(), all.lanes.end(), [&](const auto& each) { return each.topic == topic; });
  return lane == all.lanes.end() ? std::string{} : lane->source;
}

/// Where else the record is.
std::string instead(const quarantine_entry& entry) {
  return entry.site.empty() ? "; the source sends the record with each sweep, in which it is read again"
                            : "; its topic has it: matricula replay T --site " + printable(entry.site) +
                                  " --from beginning applies it again";
}

}  // namespace

retry_request retry_request_of(const newest_entries::held& held, const topology& all) {
  const auto& entry = held.entry;
  const auto value = json::parse(held.value, nullptr, false);
  if (!value.is_object() || (entry.site.empty() && entry.source.empty()) || entry.revision == 0)
    return {{}, "is no entry that matricula has written"};
  const auto record = value.find("record");
  if (record == value.end() || !record->is_string() ||
      !is_whole(entry, value, record->get_ref<const std::string&>()))
    return {{}, "does not hold its record as it came (" + printable(entry.reason) + ")" + instead(entry)};
  retry_note note;
  note.entry = entry.key;
  note.refused = entry.revision;
  note.record = record->get<std::string>();
  if (!record_check{}.key_of(note.record))
    return {{}, "holds a record that is not JSON" + instead(entry)};
  note.source = entry.site.empty() ? entry.source : source_of(entry.topic, all);
  if (note.source.empty())
    return {{}, "came from the topic \"" + printable(entry.topic) + "\", which no lane of the topology has"};
  if (std::none_of(all.sources.begin(), all.sources.end(),
                   [&](const auto& each) { return each.name == note.source; }))
    return {{}, "came from source " + printable(note.source) + ", which the topology does not have"};
  return {std::move(note), {}};
}

int retry_quarantined(const quarantine_access& to, const std::vector<std::string>& keys,
                      const quarantine_filter& filter) {
  if (!is_choice(to, keys, filter, "retry"))
    return exit_wrong_usage;
  quarantine_reading reading;
  if (const auto code = reading.read(to); code != exit_done)
    return code;
  const auto chosen = choose_entries(to, reading, keys, filter, "nothing is retried");
  if (chosen.code != exit_done)
    return chosen.code;

  const auto& kafka = reading.all.kafka;
  std::map<std::string, std::string> messages;  // outlives the producer, which reads them where they stand
  std::map<std::string, std::size_t> sources;
  std::size_t impossible = 0, before = 0;
  const auto producer = make_kafka_plain_producer(kafka);
  // The newest first, so that an older one of the same key, should it come with a later page, is superseded.
  for (auto next = chosen.entries.rbegin(); next != chosen.entries.rend(); ++next) {
    const auto* each = *next;
    const auto& entry = each->entry;
    if (entry.retry && !is_orphaned(*entry.retry, reading.all)) {
      if (!keys.empty())
        to.out << printable(entry.key) << " is no longer new: " << text_of(*entry.retry) << '\n';
      ++before;
      continue;
    }
    const auto request = retry_request_of(*each, reading.all);
    if (!request.note) {
      to.errors << printable(entry.key) << ' ' << request.why_not << '\n';
      ++impossible;
      continue;
    }
    const auto& [key, value] = *messages.emplace(request.note->key(), request.note->value()).first;
    outgoing_message message;
    message.topic = kafka.quarantine_topic;
    message.key = key;
    message.value = value;
    if (const auto sent = producer->send(message); !sent)
      return quarantine_reading::fail(to, sent.error());
    ++sources[request.note->source];
  }
  if (const auto flushed = producer->flush(); !flushed)
    return quarantine_reading::fail(to, flushed.error());

  to.out << counted_entries(messages.size()) << " to be retried";
  auto separator = ": ";
  for (const auto& [source, count] : sources) {
    to.out << std::exchange(separator, ", ") << count << " with the next page of source " << source;
  }
  if (before != 0)
    to.out << "; " << before << " had been asked for before";
  if (impossible != 0)
    to.out << "; " << impossible << " cannot be";
  to.out << '\n';
  if (!messages.empty())
    to.out << "quarantine T list --all tells what comes of it\n";
  return impossible == 0 ? exit_done : exit_failed;
}

}  // namespace matricula
