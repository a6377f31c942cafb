// SPDX-License-Identifier: Apache-2.0
#include "messages/page_decoder.hpp"

#include "messages/enrolment_fields.hpp"
#include "messages/hashing.hpp"
#include "messages/record_checker.hpp"
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

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool is_digits(std::string_view text, std::size_t count) {
  return text.size() == count &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Reads the fields of the key, and the flavour, in the order in which sources write them. NO_SUCH_FIELD or
/// INCORRECT_TYPE: something is not as usual, and only who reads all of the record can tell what. Any other error means
/// that simdjson has lost its way.
simdjson::error_code read_key_fields(json::object& record, enrolment& out) {
  using namespace std::string_view_literals;
  simdjson::error_code error = simdjson::SUCCESS;
  const auto is_text = [&](simdjson::simdjson_result<json::value> field, std::string_view& value) {
    error = field.get_string().get(value);
    if (error == simdjson::SUCCESS && value.empty())
      error = simdjson::NO_SUCH_FIELD;
    if (error == simdjson::SUCCESS && value.size() > key_part_bytes_max)
      error = simdjson::INCORRECT_TYPE;
    return error == simdjson::SUCCESS;
  };
  const auto is_digits_of = [&](std::size_t count, std::string_view text) {
    if (!is_digits(text, count))
      error = simdjson::INCORRECT_TYPE;
    return error == simdjson::SUCCESS;
  };
  json::object centre;
  const auto is_centre = [&] {
    error = record.find_field("centre"sv).get_object().get(centre);
    return error == simdjson::SUCCESS;
  };
  static_cast<void>(is_text(record.find_field("year"sv), out.year) && is_digits_of(4, out.year) &&
                    is_text(record.find_field("role"sv), out.role) && is_centre() &&
                    is_text(centre.find_field("code"sv), out.centre_code) &&
                    is_digits_of(8, out.centre_code) &&
                    is_text(centre.find_field("flavour"sv), out.flavour) &&
                    is_text(record.find_field("course"sv).find_field("code"sv), out.course_code) &&
                    is_text(record.find_field("subject"sv).find_field("code"sv), out.subject_code) &&
                    is_text(record.find_field("group"sv).find_field("code"sv), out.group_code) &&
                    is_text(record.find_field("person"sv).find_field("id"sv), out.person_id));
  return error;
}

failure invalid_page(std::string_view why, std::size_t at, std::size_t size) {
  return {error_code::page_invalid, "page is not valid at byte " + std::to_string(at) + " of " +
                                        std::to_string(size) + ": " + std::string{why}};
}

}  // namespace

struct page_decoder::parts {
  parts(lane_lookup lookup, std::size_t bytes_max, reading extent)
      : lanes(std::move(lookup))
      , record_bytes_max(bytes_max)
      , how(extent) {}

  lane_lookup lanes;
  std::size_t record_bytes_max;
  reading how;
  json::parser parser;
  enrolment record;
  record_checker checker;
  std::optional<record_view> open;          // its key has been read; its end is where the next one begins
  std::string flavour_last, province_last;  // records of one centre follow one another
  std::optional<std::uint16_t> lane_last;
  absl::flat_hash_map<std::uint64_t, std::uint32_t> index_by_key_hash;
  std::vector<std::size_t> flaws;  // offsets of the page's bytes that are not UTF-8, ascending
  std::size_t flaws_in_records = 0;
  const char* records_end = nullptr;  // of the records read so far
  bool not_utf8 = false;              // why the page could not even be begun

  /// Reads a page's bytes into `into`, in place of what an earlier try has left there.
  std::optional<failure> read_page(const simdjson::padded_string_view& bytes, reading extent, page& into);
  /// Reads one element of "records" into `into`. Returns simdjson's error where the page itself is broken.
  simdjson::error_code read_record(simdjson::simdjson_result<json::value> element, std::uint32_t position,
                                   page& into);
  simdjson::error_code read_whole(json::object& object, std::uint32_t position, page& into);
  /// Likewise, but of most records only the key.
  simdjson::error_code read_keys(simdjson::simdjson_result<json::value> element, std::uint32_t position,
                                 page& into);
  /// Ends the record that is open, if any: its last brace stands before `separator` and white space.
  bool close_before(const char* here, char separator, page& into);
  std::optional<std::uint16_t> lane_of(std::string_view flavour, std::string_view province);
  simdjson::error_code read_envelope(simdjson::simdjson_result<json::value> value, page_envelope& envelope);
  std::size_t flaws_within(std::string_view raw, const page& into) const;
  bool goes_on(std::string_view raw);
  void accept(std::string_view raw, std::uint32_t position, page& into);
  /// A view of the record whose fields are in `record`: its key, which is appended to page::keys, and its place.
  record_view view_of_key(const char* begin, std::uint32_t position, std::uint16_t lane, page& into);
  /// Takes up a record whose key has been read.
  void take_up(record_view view, std::string_view raw, page& into);
  /// Whether this record, of which so far only the key has been read, can be used; rejects it if not.
  bool usable(record_view& view, page& into);
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
  const auto lane = lane_of(record.flavour, record.province());
  if (!lane) {
    reject(raw, position,
           {error_code::lane_unknown, "centre.flavour: no lane takes flavour " + std::string{record.flavour} +
                                          " of province " + std::string{record.province()}},
           into);
    return;
  }
  auto view = view_of_key(raw.data(), position, *lane, into);
  view.checked = true;
  take_up(view, raw, into);
}

record_view page_decoder::parts::view_of_key(const char* begin, std::uint32_t position, std::uint16_t lane,
                                             page& into) {
  record_view view;
  view.offset = static_cast<std::uint32_t>(begin - into.bytes.data());
  view.key_offset = static_cast<std::uint32_t>(into.keys.size());
  append_key(record, into.keys);
  view.key_length = static_cast<std::uint32_t>(into.keys.size()) - view.key_offset;
  view.lane = lane;
  view.position = position;
  return view;
}

void page_decoder::parts::take_up(record_view view, std::string_view raw, page& into) {
  // The key reads year/centre/…, and neither part needs an escape: four and eight digits.
  constexpr std::uint32_t year_length = 4, centre_length = 8;
  view.length = static_cast<std::uint32_t>(raw.size());
  view.centre_offset = view.key_offset + year_length + 1;
  view.centre_length = centre_length;
  view.key_hash = key_hash_of(into.key(view));
  view.content_hash = content_hash_of(raw);

  const auto [known, fresh] =
      index_by_key_hash.try_emplace(view.key_hash, static_cast<std::uint32_t>(into.records.size()));
  if (!fresh && into.key(into.records[known->second]) == into.key(view)) {
    // Which of the two holds can be said of records only that can be used.
    auto& earlier = into.records[known->second];
    if (!usable(view, into))
      return;
    if (usable(earlier, into))
      ++into.repeated;
    earlier.length = 0;  // removed once the page is whole
    known->second = static_cast<std::uint32_t>(into.records.size());
  }
  into.records.push_back(view);
}

bool page_decoder::parts::usable(record_view& view, page& into) {
  auto rejected = checker.check(into, view);
  view.checked = true;
  if (rejected)
    into.rejected.push_back(*std::move(rejected));
  return !rejected;
}

std::optional<std::uint16_t> page_decoder::parts::lane_of(std::string_view flavour,
                                                          std::string_view province) {
  if (flavour != flavour_last || province != province_last) {
    lane_last = lanes(flavour, province);
    flavour_last = flavour;
    province_last = province;
  }
  return lane_last;
}

bool page_decoder::parts::close_before(const char* here, char separator, page& into) {
  if (!open)
    return true;
  const auto view = *std::exchange(open, {});
  const auto* const begin = into.bytes.data() + view.offset;
  const auto back_over_space = [&] {
    do
      --here;
    while (here > begin && is_space(*here));
  };
  back_over_space();
  if (*here != separator)
    return false;
  back_over_space();
  if (here <= begin || *here != '}')
    return false;
  const std::string_view raw{begin, static_cast<std::size_t>(here + 1 - begin)};
  records_end = raw.data() + raw.size();
  if (raw.size() > record_bytes_max)
    return false;  // and so its reason is found
  take_up(view, raw, into);
  return true;
}

simdjson::error_code page_decoder::parts::read_keys(simdjson::simdjson_result<json::value> element,
                                                    std::uint32_t position, page& into) {
  json::value value;
  if (const auto error = std::move(element).get(value); error != simdjson::SUCCESS)
    return error;
  const char* begin = value.raw_json_token().data();
  if (!close_before(begin, ',', into) || (records_end != nullptr && begin < records_end) || *begin != '{')
    return simdjson::TAPE_ERROR;
  json::object object;
  if (const auto error = value.get_object().get(object); error != simdjson::SUCCESS)
    return error;
  const auto found = read_key_fields(object, record);
  if (found != simdjson::SUCCESS && found != simdjson::NO_SUCH_FIELD && found != simdjson::INCORRECT_TYPE)
    return found;
  std::optional<std::uint16_t> lane;
  if (found == simdjson::SUCCESS)
    lane = lane_of(record.flavour, record.province());
  if (!lane) {
    if (const auto error = object.reset().error(); error != simdjson::SUCCESS)
      return error;
    return read_whole(object, position, into);
  }
  open = view_of_key(begin, position, *lane, into);
  return simdjson::SUCCESS;
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
  return read_whole(object, position, into);
}

simdjson::error_code page_decoder::parts::read_whole(json::object& object, std::uint32_t position,
                                                     page& into) {
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

page_decoder::page_decoder(lane_lookup lanes, std::size_t record_bytes_max, reading how)
    : parts_(std::make_unique<parts>(std::move(lanes), record_bytes_max, how)) {}
page_decoder::~page_decoder() = default;
page_decoder::page_decoder(page_decoder&&) noexcept = default;
page_decoder& page_decoder::operator=(page_decoder&&) noexcept = default;

std::optional<failure> page_decoder::parts::read_page(const simdjson::padded_string_view& bytes,
                                                      reading extent, page& into) {
  const auto size = bytes.size();
  index_by_key_hash.clear();
  flaws_in_records = 0;
  records_end = nullptr;
  open.reset();
  into.records.clear();
  into.rejected.clear();
  into.keys.clear();
  into.envelope = {};
  into.repeated = 0;
  json::document document;
  const auto error_at_start = parser.iterate(bytes).get(document);
  not_utf8 = error_at_start == simdjson::UTF8_ERROR;
  if (error_at_start != simdjson::SUCCESS)
    return invalid_page(simdjson::error_message(error_at_start), size, size);
  const auto broken = [&](simdjson::error_code error) {
    const char* at = nullptr;
    const bool known = document.current_location().get(at) == simdjson::SUCCESS;
    return invalid_page(simdjson::error_message(error),
                        known ? static_cast<std::size_t>(at - into.bytes.data()) : size, size);
  };

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
      if (const auto error = read_envelope(member.value(), into.envelope); error != simdjson::SUCCESS)
        return broken(error);
      const auto expected = std::min<std::uint64_t>(into.envelope.count, page_positions_max);
      into.records.reserve(expected);
      into.keys.reserve(expected * 64);
    } else if (name == "records") {
      has_records = true;
      json::array array;
      if (const auto error = member.value().get_array().get(array); error != simdjson::SUCCESS)
        return broken(error);
      for (auto element : array) {
        if (position == page_positions_max)
          return failure{error_code::page_invalid,
                         "page holds more than " + std::to_string(page_positions_max) + " records"};
        const auto error = extent == reading::keys ? read_keys(std::move(element), position, into)
                                                   : read_record(std::move(element), position, into);
        if (error != simdjson::SUCCESS)
          return broken(error);
        ++position;
      }
      const char* behind = nullptr;
      if (open &&
          (document.current_location().get(behind) != simdjson::SUCCESS || !close_before(behind, ']', into)))
        return broken(simdjson::TAPE_ERROR);
    }
  }
  if (const char* at = nullptr; document.current_location().get(at) == simdjson::SUCCESS)
    return invalid_page("text after the end of the page", static_cast<std::size_t>(at - into.bytes.data()),
                        size);
  if (!has_envelope || !has_records)
    return invalid_page(has_envelope ? "no \"records\"" : "no \"page\"", 0, size);
  if (position != into.envelope.count)
    return failure{error_code::page_miscounted, "page says count " + std::to_string(into.envelope.count) +
                                                    " and holds " + std::to_string(position) + " records"};
  if (flaws_in_records != flaws.size())
    return invalid_page("bytes outside its records are not UTF-8", flaws.front(), size);
  into.records.erase(std::remove_if(into.records.begin(), into.records.end(),
                                    [](const auto& one) { return one.length == 0; }),
                     into.records.end());
  // One that a later one of its key showed to be unusable was set aside only then.
  std::sort(into.rejected.begin(), into.rejected.end(),
            [](const auto& one, const auto& other) { return one.position < other.position; });
  return {};
}

result<page_ptr> page_decoder::decode(std::string bytes, page into, bool salvage) {
  auto decoded = std::make_shared<page>(std::move(into));
  decoded->bytes = std::move(bytes);
  decoded->bytes.reserve(decoded->bytes.size() + simdjson::SIMDJSON_PADDING);
  const auto size = decoded->bytes.size();
  const simdjson::padded_string_view padded{decoded->bytes.data(), size, decoded->bytes.capacity()};
  if (size > UINT32_MAX)
    return invalid_page("more than 4 GiB", 0, size);

  parts_->flaws.clear();
  if (parts_->how == reading::keys && !parts_->read_page(padded, reading::keys, *decoded))
    return page_ptr{std::move(decoded)};
  // Whatever stood in the way, who reads every record whole can say it, and loses none for the sake of another.
  auto problem = parts_->read_page(padded, reading::whole, *decoded);
  if (problem && parts_->not_utf8) {
    parts_->flaws = bytes_outside_utf8(decoded->bytes);
    if (!salvage)
      return invalid_page(simdjson::error_message(simdjson::UTF8_ERROR), parts_->flaws.front(), size);
    std::string damaged;  // the bytes at the flaws, while something that is UTF-8 stands in for them
    for (const auto flaw : parts_->flaws)
      damaged += std::exchange(decoded->bytes[flaw], '?');
    problem = parts_->read_page(padded, reading::whole, *decoded);
    for (std::size_t i = 0; i < damaged.size(); ++i)
      decoded->bytes[parts_->flaws[i]] = damaged[i];
  }
  if (problem)
    return *std::move(problem);
  return page_ptr{std::move(decoded)};
}

}  // namespace matricula
