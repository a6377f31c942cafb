// SPDX-License-Identifier: Apache-2.0
#include "messages/page_decoder.hpp"

#include "messages/enrolment_fields.hpp"
#include "messages/hashing.hpp"
#include "messages/utf8.hpp"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace matricula {
namespace {

namespace json = simdjson::ondemand;

std::string_view trimmed(std::string_view text) {
  const auto last = text.find_last_not_of(" \t\r\n");
  return text.substr(0, last + 1);
}

failure invalid_page(std::string_view why, std::size_t at, std::size_t size) {
  return {error_code::page_invalid, "page is not valid at byte " + std::to_string(at) + " of " +
                                        std::to_string(size) + ": " + std::string{why}};
}

}  // namespace

struct page_decoder::parts {
  parts(lane_lookup lookup, std::size_t bytes_max)
      : lanes(std::move(lookup))
      , record_bytes_max(bytes_max) {}

  lane_lookup lanes;
  std::size_t record_bytes_max;
  json::parser parser;
  enrolment record;
  absl::flat_hash_map<std::uint64_t, std::uint32_t> index_by_key_hash;
  std::vector<std::size_t> flaws;  // offsets of the page's bytes that are not UTF-8, ascending
  std::size_t flaws_in_records = 0;
  const char* records_end = nullptr;  // of the records read so far

  /// Reads one element of "records" into `into`. Returns simdjson's error where the page itself is broken.
  simdjson::error_code read_record(simdjson::simdjson_result<json::value> element, std::uint32_t position,
                                   page& into);
  simdjson::error_code read_envelope(simdjson::simdjson_result<json::value> value, page_envelope& envelope);
  std::size_t flaws_within(std::string_view raw, const page& into) const;
  bool goes_on(std::string_view raw);
  void accept(std::string_view raw, std::uint32_t position, page& into);
  void reject(std::string_view raw, std::uint32_t position, failure reason, page& into);
};

simdjson::error_code page_decoder::parts::read_envelope(simdjson::simdjson_result<json::value> value,
                                                        page_envelope& envelope) {
  json::object object;
  if (const auto error = value.get_object().get(object); error != simdjson::SUCCESS)
    return error;
  for (auto member : object) {
    std::string_view name;
    if (const auto error = member.unescaped_key().get(name); error != simdjson::SUCCESS)
      return error;
    auto field = member.value();
    simdjson::error_code error = simdjson::SUCCESS;
    std::string_view text;
    if (name == "cursor" || name == "next") {
      // Of a field that stands twice the last is meant, as peek_envelope has it.
      bool null = false;
      if (field.is_null().get(null) != simdjson::SUCCESS || !null)
        error = field.get_string().get(text);
      if (name == "cursor")
        envelope.cursor = text;
      else
        envelope.next = null ? std::nullopt : std::optional{std::string{text}};
    } else if (name == "sweep") {
      error = field.get_uint64().get(envelope.sweep);
    } else if (name == "count") {
      error = field.get_uint64().get(envelope.count);
    }
    if (error != simdjson::SUCCESS)
      return error;
  }
  return simdjson::SUCCESS;
}

std::size_t page_decoder::parts::flaws_within(std::string_view raw, const page& into) const {
  if (flaws.empty())
    return 0;
  const auto first = static_cast<std::size_t>(raw.data() - into.bytes.data());
  const auto from = std::lower_bound(flaws.begin(), flaws.end(), first);
  return static_cast<std::size_t>(std::lower_bound(from, flaws.end(), first + raw.size()) - from);
}

/// Whether `raw` begins behind the records before it. It does not where one of them is broken inside: then
/// simdjson goes on within it, and takes its parts for records.
bool page_decoder::parts::goes_on(std::string_view raw) {
  const bool behind = records_end == nullptr || raw.data() >= records_end;
  records_end = raw.data() + raw.size();
  return behind;
}

void page_decoder::parts::reject(std::string_view raw, std::uint32_t position, failure reason, page& into) {
  auto& rejected = into.rejected.emplace_back();
  rejected.position = position;
  rejected.offset = static_cast<std::uint32_t>(raw.data() - into.bytes.data());
  rejected.length = static_cast<std::uint32_t>(raw.size());
  if (!record.person_id.empty() || !record.centre_code.empty())
    append_key(record, rejected.key);
  rejected.reason = std::move(reason);
}

void page_decoder::parts::accept(std::string_view raw, std::uint32_t position, page& into) {
  const auto lane = lanes(record.flavour, record.province());
  if (!lane) {
    reject(raw, position,
           {error_code::lane_unknown, "centre.flavour: no lane takes flavour " + std::string{record.flavour} +
                                          " of province " + std::string{record.province()}},
           into);
    return;
  }
  record_view view;
  view.offset = static_cast<std::uint32_t>(raw.data() - into.bytes.data());
  view.length = static_cast<std::uint32_t>(raw.size());
  view.key_offset = static_cast<std::uint32_t>(into.keys.size());
  append_key(record, into.keys);
  view.key_length = static_cast<std::uint32_t>(into.keys.size()) - view.key_offset;
  // The key reads year/centre/…, and neither part needs an escape: four and eight digits.
  view.centre_offset = view.key_offset + static_cast<std::uint32_t>(record.year.size()) + 1;
  view.centre_length = static_cast<std::uint16_t>(record.centre_code.size());
  view.key_hash = key_hash_of(into.key(view));
  view.content_hash = content_hash_of(raw);
  view.lane = *lane;
  view.position = position;

  const auto [known, fresh] =
      index_by_key_hash.try_emplace(view.key_hash, static_cast<std::uint32_t>(into.records.size()));
  if (!fresh && into.key(into.records[known->second]) == into.key(view)) {
    into.records[known->second].length = 0;  // removed once the page is whole
    known->second = static_cast<std::uint32_t>(into.records.size());
    ++into.repeated;
  }
  into.records.push_back(view);
}

simdjson::error_code page_decoder::parts::read_record(simdjson::simdjson_result<json::value> element,
                                                      std::uint32_t position, page& into) {
  record.person_id = record.centre_code = {};
  json::json_type type{};
  if (const auto error = element.type().get(type); error != simdjson::SUCCESS)
    return error;
  if (type != json::json_type::object) {
    std::string_view raw;
    if (type == json::json_type::array) {
      json::array array;
      if (const auto error = element.get_array().get(array); error != simdjson::SUCCESS)
        return error;
      if (const auto error = array.raw_json().get(raw); error != simdjson::SUCCESS)
        return error;
    } else {
      raw = element.raw_json_token();
    }
    if (!goes_on(trimmed(raw)))
      return simdjson::TAPE_ERROR;
    reject(trimmed(raw), position, {error_code::record_not_object, "record: not a JSON object"}, into);
    return simdjson::SUCCESS;
  }
  json::object object;
  if (const auto error = element.get_object().get(object); error != simdjson::SUCCESS)
    return error;
  std::string_view raw;
  if (const auto error = object.raw_json().get(raw); error != simdjson::SUCCESS)
    return error;
  raw = trimmed(raw);
  if (!goes_on(raw))
    return simdjson::TAPE_ERROR;
  if (const auto error = object.reset().error(); error != simdjson::SUCCESS)
    return error;
  auto problem = read_enrolment(object, record);
  if (raw.size() > record_bytes_max)
    problem = failure{error_code::record_too_large,
                      "record: " + std::to_string(raw.size()) + " bytes, more than " +
                          std::to_string(record_bytes_max) + " (limits.record_bytes_max)"};
  if (const auto count = flaws_within(raw, into); count > 0) {
    flaws_in_records += count;
    problem =
        failure{error_code::record_not_utf8, "record: " + std::to_string(count) + " bytes are not UTF-8"};
  }
  if (problem)
    reject(raw, position, std::move(*problem), into);
  else
    accept(raw, position, into);
  return simdjson::SUCCESS;
}

page_decoder::page_decoder(lane_lookup lanes, std::size_t record_bytes_max)
    : parts_(std::make_unique<parts>(std::move(lanes), record_bytes_max)) {}
page_decoder::~page_decoder() = default;
page_decoder::page_decoder(page_decoder&&) noexcept = default;
page_decoder& page_decoder::operator=(page_decoder&&) noexcept = default;

result<page_ptr> page_decoder::decode(std::string bytes, page into, bool salvage) {
  auto decoded = std::make_shared<page>(std::move(into));
  decoded->bytes = std::move(bytes);
  decoded->bytes.reserve(decoded->bytes.size() + simdjson::SIMDJSON_PADDING);
  const auto size = decoded->bytes.size();
  const simdjson::padded_string_view padded{decoded->bytes.data(), size, decoded->bytes.capacity()};
  if (size > UINT32_MAX)
    return invalid_page("more than 4 GiB", 0, size);

  parts_->flaws.clear();
  parts_->flaws_in_records = 0;
  parts_->records_end = nullptr;
  json::document document;
  auto error_at_start = parts_->parser.iterate(padded).get(document);
  std::string damaged;  // the bytes at the flaws, while something that is UTF-8 stands in for them
  if (error_at_start == simdjson::UTF8_ERROR) {
    parts_->flaws = bytes_outside_utf8(decoded->bytes);
    if (!salvage)
      return invalid_page(simdjson::error_message(error_at_start), parts_->flaws.front(), size);
    for (const auto flaw : parts_->flaws)
      damaged += std::exchange(decoded->bytes[flaw], '?');
    error_at_start = parts_->parser.iterate(padded).get(document);
  }
  if (error_at_start != simdjson::SUCCESS)
    return invalid_page(simdjson::error_message(error_at_start), size, size);
  const auto broken = [&](simdjson::error_code error) {
    const char* at = nullptr;
    const bool known = document.current_location().get(at) == simdjson::SUCCESS;
    return invalid_page(simdjson::error_message(error),
                        known ? static_cast<std::size_t>(at - decoded->bytes.data()) : size, size);
  };

  auto& records = decoded->records;
  parts_->index_by_key_hash.clear();
  bool has_envelope = false;
  bool has_records = false;
  std::uint32_t position = 0;
  json::object root;
  if (const auto error = document.get_object().get(root); error != simdjson::SUCCESS)
    return broken(error);
  for (auto member : root) {
    std::string_view name;
    if (const auto error = member.unescaped_key().get(name); error != simdjson::SUCCESS)
      return broken(error);
    if ((name == "page" && has_envelope) || (name == "records" && has_records))
      return invalid_page("\"" + std::string{name} + "\" stands twice", size, size);
    if (name == "page") {
      has_envelope = true;
      if (const auto error = parts_->read_envelope(member.value(), decoded->envelope);
          error != simdjson::SUCCESS)
        return broken(error);
      const auto expected = std::min<std::uint64_t>(decoded->envelope.count, page_positions_max);
      records.reserve(expected);
      decoded->keys.reserve(expected * 64);
    } else if (name == "records") {
      has_records = true;
      json::array array;
      if (const auto error = member.value().get_array().get(array); error != simdjson::SUCCESS)
        return broken(error);
      for (auto element : array) {
        if (position == page_positions_max)
          return failure{error_code::page_invalid,
                         "page holds more than " + std::to_string(page_positions_max) + " records"};
        if (const auto error = parts_->read_record(element, position, *decoded); error != simdjson::SUCCESS)
          return broken(error);
        ++position;
      }
    }
  }
  if (const char* at = nullptr; document.current_location().get(at) == simdjson::SUCCESS)
    return invalid_page("text after the end of the page",
                        static_cast<std::size_t>(at - decoded->bytes.data()), size);
  if (!has_envelope || !has_records)
    return invalid_page(has_envelope ? "no \"records\"" : "no \"page\"", 0, size);
  if (position != decoded->envelope.count)
    return failure{error_code::page_miscounted, "page says count " + std::to_string(decoded->envelope.count) +
                                                    " and holds " + std::to_string(position) + " records"};
  if (parts_->flaws_in_records != parts_->flaws.size())
    return invalid_page("bytes outside its records are not UTF-8", parts_->flaws.front(), size);
  for (std::size_t i = 0; i < damaged.size(); ++i)
    decoded->bytes[parts_->flaws[i]] = damaged[i];
  records.erase(
      std::remove_if(records.begin(), records.end(), [](const auto& record) { return record.length == 0; }),
      records.end());
  return page_ptr{std::move(decoded)};
}

}  // namespace matricula
