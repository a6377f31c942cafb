// SPDX-License-Identifier: Apache-2.0
#include "messages/retry_note.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstddef>
#include <limits>

namespace matricula {
namespace {

using json = nlohmann::json;

constexpr std::string_view key_prefix = "retry/";
constexpr std::array<std::string_view, 4> state_names{"retry", "retried", "superseded", "refused"};

}  // namespace

std::string_view name_of(retry_state state) noexcept { return state_names[static_cast<std::size_t>(state)]; }

bool retry_note::is_key(std::string_view key) noexcept { return key.starts_with(key_prefix); }

std::string retry_note::key() const {
  return std::string{key_prefix} + std::to_string(refused) + '/' + entry;
}

std::string retry_note::value() const {
  json value{{"entry", entry}, {"refused_revision", refused}, {"state", name_of(state)}, {"source", source}};
  if (state == retry_state::asked)
    value["record"] = record;
  else
    value["new_revision"] = revision;
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<retry_note> retry_note::read(std::string_view text) {
  const auto value = json::parse(text, nullptr, false);
  if (!value.is_object())
    return std::nullopt;
  const auto text_in = [&](const char* name) {
    const auto found = value.find(name);
    return found != value.end() && found->is_string() ? found->get<std::string>() : std::string{};
  };
  const auto number_in = [&](const char* name) {
    const auto found = value.find(name);
    return found != value.end() && found->is_number_unsigned() ? found->get<revision_t>() : revision_t{0};
  };
  retry_note note;
  note.entry = text_in("entry");
  note.refused = number_in("refused_revision");
  note.source = text_in("source");
  note.record = text_in("record");
  note.revision = number_in("new_revision");
  const auto state = text_in("state");
  for (std::size_t i = 0; i < state_names.size(); ++i)
    if (state == state_names[i]) {
      note.state = static_cast<retry_state>(i);
      return note.entry.empty() || note.source.empty() ? std::nullopt : std::optional{std::move(note)};
    }
  return std::nullopt;
}

record_check::record_check()
    : decoder_([](std::string_view, std::string_view) { return std::optional<std::uint16_t>{0}; },
               std::numeric_limits<std::size_t>::max()) {}

std::optional<std::string> record_check::key_of(std::string_view record) {
  constexpr std::string_view head = R"({"page":{"count":1},"records":[)";
  const auto decoded = decoder_.decode(std::string{head}.append(record).append("]}"), {});
  if (!decoded)
    return std::nullopt;
  const auto& page = **decoded;
  const auto is_all = [&](const auto& read) {
    return read.offset == head.size() && read.length == record.size();
  };
  if (page.records.size() == 1 && is_all(page.records[0]))
    return std::string{page.key(page.records[0])};
  if (page.rejected.size() == 1 && is_all(page.rejected[0]))
    return std::string{};
  return std::nullopt;
}

}  // namespace matricula
