// SPDX-License-Identifier: Apache-2.0
#include "messages/control_json.hpp"

#include "messages/hashing.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>

namespace matricula {
namespace {

using json = nlohmann::json;

/// Of a quarantined record's key and of the reason's text: both repeat what the source wrote, however long that is.
constexpr std::size_t quoted_bytes_max = 4096;

std::string text_of(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

}  // namespace

std::string source_position_json(std::string_view source, const source_position& position) {
  json value{{"source", source}, {"page", position.page_number}, {"sweep", position.sweep}};
  value["cursor"] = position.cursor ? json(*position.cursor) : json(nullptr);
  return text_of(value);
}

std::optional<source_position> parse_source_position(std::string_view text) {
  const auto value = json::parse(text, nullptr, false);
  if (!value.is_object() || !value.contains("page") || !value["page"].is_number_unsigned())
    return std::nullopt;
  source_position position;
  position.page_number = value["page"].get<std::uint64_t>();
  position.sweep = value.contains("sweep") && value["sweep"].is_number_unsigned()
                       ? value["sweep"].get<std::uint64_t>()
                       : 0;
  if (value.contains("cursor") && value["cursor"].is_string())
    position.cursor = value["cursor"].get<std::string>();
  return position;
}

quarantine_message quarantine_message_of(const page& page, const rejected_record& record,
                                         std::size_t bytes_max) {
  const auto bytes = page.json(record);
  char hash[17];
  std::snprintf(hash, sizeof hash, "%016llx", static_cast<unsigned long long>(content_hash_of(bytes)));
  json value{{"source", page.source},
             {"page", page.number},
             {"cursor", page.envelope.cursor},
             {"sweep", page.envelope.sweep},
             {"position", record.position},
             {"key", record.key.substr(0, quoted_bytes_max)},
             {"reason", name_of(record.reason.code)},
             {"text", record.reason.text.substr(0, quoted_bytes_max)},
             {"bytes", bytes.size()}};
  value[bytes.size() > bytes_max ? "head" : "record"] = bytes.substr(0, bytes_max);
  return {"source/" + page.source + "/" + hash, text_of(value)};
}

std::string page_json(const page_envelope& envelope, const std::vector<std::string>& records) {
  json head{{"cursor", envelope.cursor}, {"sweep", envelope.sweep}, {"count", envelope.count}};
  if (envelope.next)
    head["next"] = *envelope.next;
  auto bytes = R"({"page":)" + text_of(head) + R"(,"records":[)";
  const auto* separator = "";
  for (const auto& record : records) {
    bytes.append(separator).append(record);
    separator = ",";
  }
  return bytes += "]}";
}

std::optional<page_envelope> peek_envelope(std::string_view page_bytes) {
  constexpr std::size_t envelope_bytes_max = 4096;
  const auto head = page_bytes.substr(0, envelope_bytes_max);
  const auto name = head.find("\"page\"");
  const auto opens = head.find('{', name == std::string_view::npos ? name : name + 6);
  const auto closes = head.find('}', opens == std::string_view::npos ? opens : opens + 1);
  if (closes == std::string_view::npos || head.find_first_not_of(" \t\r\n{") != name)
    return std::nullopt;
  const auto value = json::parse(head.substr(opens, closes - opens + 1), nullptr, false);
  if (!value.is_object() || !value.contains("count") || !value["count"].is_number_unsigned())
    return std::nullopt;
  page_envelope envelope;
  envelope.count = value["count"].get<std::uint64_t>();
  if (value.contains("sweep") && value["sweep"].is_number_unsigned())
    envelope.sweep = value["sweep"].get<std::uint64_t>();
  if (value.contains("cursor") && value["cursor"].is_string())
    envelope.cursor = value["cursor"].get<std::string>();
  if (value.contains("next") && value["next"].is_string())
    envelope.next = value["next"].get<std::string>();
  return envelope;
}

}  // namespace matricula
