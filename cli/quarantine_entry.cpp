// SPDX-License-Identifier: Apache-2.0
#include "cli/quarantine_entry.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <tuple>

namespace matricula {
namespace {

using json = nlohmann::ordered_json;

constexpr std::string_view unreadable = "unreadable";

/// What of a record is no person's, by the path of the field.
constexpr std::string_view shown_fields[] = {"year",
                                             "status",
                                             "since",
                                             "role",
                                             "centre.code",
                                             "centre.name",
                                             "centre.flavour",
                                             "course.code",
                                             "course.name",
                                             "subject.code",
                                             "subject.name_val",
                                             "subject.name_cas",
                                             "group.code",
                                             "group.name",
                                             "group.tutor",
                                             "person.id",
                                             "teachers[].id",
                                             "teachers[].substitutes",
                                             "timetable[].day",
                                             "timetable[].from",
                                             "timetable[].to",
                                             "timetable[].room"};

std::string text_in(const json& entry, const char* name) {
  const auto found = entry.find(name);
  return found != entry.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::uint64_t number_in(const json& entry, const char* name) {
  const auto found = entry.find(name);
  return found != entry.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

std::string text_of(const json& value, int indent) {
  return value.dump(indent, ' ', false, json::error_handler_t::replace);
}

std::optional<utc_time> written_at(const scanned_message& message) {
  return message.time_ms == 0 ? std::nullopt
                              : std::optional{utc_time{std::chrono::milliseconds{message.time_ms}}};
}

json blanked(const json& value, const std::string& path) {
  if (value.is_object()) {
    auto out = json::object();
    for (const auto& [name, field] : value.items())
      out[name] = blanked(field, name.find_first_of(".[") != std::string::npos ? "?"
                                 : path.empty()                                ? name
                                                                               : path + '.' + name);
    return out;
  }
  if (value.is_array()) {
    auto out = json::array();
    for (const auto& element : value)
      out.push_back(blanked(element, path + "[]"));
    return out;
  }
  if (value.is_null() ||
      std::find(std::begin(shown_fields), std::end(shown_fields), path) != std::end(shown_fields))
    return value;
  return std::string{"("} + value.type_name() + ", not shown)";
}

}  // namespace

quarantine_entry quarantine_entry::read(std::string_view key, std::string_view value,
                                        std::optional<utc_time> written_at) {
  quarantine_entry out;
  out.key = key;
  out.at = written_at;
  const auto entry = json::parse(value, nullptr, false);
  if (!entry.is_object()) {
    out.reason = unreadable;
    return out;
  }
  out.site = text_in(entry, "site");
  out.source = text_in(entry, "source");
  out.record_key = text_in(entry, "key");
  out.reason = text_in(entry, "reason");
  if (out.reason.empty())
    out.reason = unreadable;
  if (const auto at = time_from_json(text_in(entry, "at")))
    out.at = at;
  out.revision = number_in(entry, "revision");
  if (entry.contains("page"))
    out.revision =
        revision_at(number_in(entry, "page"), static_cast<std::uint32_t>(number_in(entry, "position")));
  out.topic = text_in(entry, "topic");
  out.dropped = text_in(entry, "state") == "dropped";
  if (out.dropped) {
    out.dropped_at = time_from_json(text_in(entry, "dropped_at"));
    out.why = text_in(entry, "why");
  }
  return out;
}

std::string quarantine_entry::where() const {
  return !site.empty() ? "site " + site : !source.empty() ? "source " + source : "-";
}

std::string dropped_value(std::string_view value, std::optional<utc_time> at, utc_time dropped_at,
                          std::string_view why) {
  auto entry = json::parse(value, nullptr, false);
  if (!entry.is_object())
    entry = json{{"reason", unreadable}, {"record", value}};
  if (at && !entry.contains("at"))
    entry["at"] = matricula::text_of(*at);
  entry["state"] = "dropped";
  entry["dropped_at"] = matricula::text_of(dropped_at);
  entry["why"] = why;
  return text_of(entry, -1);
}

std::string text_of(const entry_retry& retry) {
  const auto when = retry.at ? ' ' + matricula::text_of(*retry.at) : std::string{};
  switch (retry.state) {
  case retry_state::asked:
    return "retry asked" + when;
  case retry_state::retried:
    return "retried" + when + " with revision " + std::to_string(retry.revision);
  case retry_state::superseded:
    return "superseded" + when + " by revision " + std::to_string(retry.revision);
  case retry_state::refused:
    return "retried" + when + " and refused by its source";
  }
  return {};
}

std::string printable_entry(std::string_view value, bool with_personal_data,
                            const std::optional<entry_retry>& retry) {
  auto entry = json::parse(value, nullptr, false);
  if (!entry.is_object())
    return with_personal_data ? std::string{value}
                              : "\"" + std::to_string(value.size()) + " bytes that are no entry, not shown\"";
  for (const char* name : {"record", "head"}) {
    const auto record = entry.find(name);
    if (record == entry.end())
      continue;
    auto read = record->is_string() ? json::parse(record->get_ref<const std::string&>(), nullptr, false)
                                    : json(*record);
    const bool is_json = !read.is_discarded();
    if (with_personal_data)
      *record = is_json ? std::move(read) : json(*record);
    else
      *record = blanked(is_json ? read : *record, "");
  }
  if (retry) {
    auto& told = entry["retry"] = json{{"state", name_of(retry->state)}};
    if (retry->at)
      told["at"] = matricula::text_of(*retry->at);
    if (retry->revision != 0)
      told["new_revision"] = retry->revision;
  }
  return text_of(entry, 2);
}

bool quarantine_filter::takes(const quarantine_entry& entry) const {
  return (site.empty() || entry.site == site) && (source.empty() || entry.source == source) &&
         (reason.empty() || entry.reason == reason) && (!since || (entry.at && *entry.at >= *since)) &&
         (!until || (entry.at && *entry.at < *until)) &&
         (entry.key.starts_with(key_prefix) || entry.record_key.starts_with(key_prefix)) &&
         (with_settled || !entry.is_settled());
}

void newest_entries::join(quarantine_entry& entry) const {
  retry_note sought;
  sought.entry = entry.key;
  sought.refused = entry.revision;
  const auto note = notes_.find(sought.key());
  entry.retry = note == notes_.end() ? std::nullopt : std::optional{note->second.retry};
}

void newest_entries::add_note(const scanned_message& message) {
  const auto& record = message.record;
  const auto note = retry_note::read(record.value);
  if (!note || note->key() != record.key)
    return;
  auto& known = notes_.try_emplace(std::string{record.key}).first->second;
  if (!known.entry.empty() && known.partition != message.partition && known.time_ms > message.time_ms)
    return;
  known = {note->entry,
           {note->state, written_at(message), note->revision, note->source},
           message.partition,
           message.time_ms};
  if (const auto entry = newest_.find(note->entry); entry != newest_.end())
    join(entry->second.entry);
}

void newest_entries::add(const scanned_message& message) {
  const auto& record = message.record;
  if (retry_note::is_key(record.key))
    return add_note(message);
  auto& known = newest_.try_emplace(std::string{record.key}).first->second;
  // A key changes its partition if somebody adds partitions to the topic: then time decides.
  if (!known.entry.key.empty() && known.partition != message.partition && known.time_ms > message.time_ms)
    return;
  if (record.value.empty()) {  // removed by hand
    newest_.erase(newest_.find(record.key));
    return;
  }
  known.entry = quarantine_entry::read(record.key, record.value, written_at(message));
  join(known.entry);
  known.value = record.value;
  known.partition = message.partition;
  known.offset = record.offset;
  known.time_ms = message.time_ms;
}

const newest_entries::held* newest_entries::find(std::string_view key) const {
  const auto found = newest_.find(key);
  return found == newest_.end() ? nullptr : &found->second;
}

std::vector<const newest_entries::held*> newest_entries::in_order() const {
  std::vector<const held*> out;
  for (const auto& [key, newest] : newest_)
    out.push_back(&newest);
  const auto order = [](const held* each) {
    return std::pair{each->entry.at.value_or(utc_time::max()), std::string_view{each->entry.key}};
  };
  std::sort(out.begin(), out.end(), [&](const held* a, const held* b) { return order(a) < order(b); });
  return out;
}

}  // namespace matricula
