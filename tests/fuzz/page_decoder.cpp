// SPDX-License-Identifier: Apache-2.0
// Any bytes as a page: what the decoder makes of them fits together, and is the same every time.
#include "messages/page_decoder.hpp"

#include "messages/control_json.hpp"
#include "messages/enrolment.hpp"
#include "messages/hashing.hpp"
#include "messages/record_checker.hpp"
#include "messages/utf8.hpp"
#include "tests/fuzz/fuzzing.hpp"

#include <algorithm>
#include <set>

namespace matricula::fuzzing {
namespace {

void check_accepted(const page& page, const record_view& record) {
  require(record.length > 0 && std::size_t{record.offset} + record.length <= page.bytes.size(),
          "a record stands inside the page");
  require(std::size_t{record.key_offset} + record.key_length <= page.keys.size(), "a key stands inside keys");
  require(record.centre_offset >= record.key_offset &&
              record.centre_offset + record.centre_length <= record.key_offset + record.key_length,
          "the centre stands inside the key");
  const auto json = page.json(record);
  const auto key = page.key(record);
  require(json.front() == '{' && json.back() == '}', "a record is an object from brace to brace");
  require(bytes_outside_utf8(json).empty(), "a record is UTF-8");
  require(bytes_outside_utf8(key).empty() && key.find('\0') == key.npos, "a key is UTF-8 without U+0000");
  require(page.centre(record).size() == 8, "a centre has eight digits");
  require(record.key_hash == key_hash_of(key), "the key's hash is the key's");
  require(record.content_hash == content_hash_of(json), "the content's hash is the content's");
  require(record.lane == 3, "the lane is the topology's");

  // What a site does with the record once it has come through Kafka.
  static enrolment_reader reader;
  enrolment again;
  require(!reader.read(json, again), "a record of a page can be read by itself");
  std::string key_again;
  append_key(again, key_again);
  require(key == key_again, "a record has the same key by itself");
}

void check_rejected(const page& page, const rejected_record& record) {
  require(std::size_t{record.offset} + record.length <= page.bytes.size(),
          "a rejected record stands inside the page");
  require(class_of(record.reason.code) == failure_class::poison, "a record is rejected as poison");
  require(!record.reason.text.empty(), "a rejection says why");
  require(!quarantine_message_of(page, record, 100).value.empty(), "a rejected record can be quarantined");
}

void check(const page& page, const std::string& bytes) {
  require(page.bytes == bytes, "the page keeps its bytes as read");
  require(page.records.size() + page.rejected.size() + page.repeated == page.envelope.count,
          "accepted, rejected and repeated add up to the count");
  std::set<std::uint32_t> positions;
  std::set<std::string_view> keys;
  std::size_t end = 0;
  for (const auto& record : page.records) {
    check_accepted(page, record);
    require(record.offset >= end, "records stand in the order of the page");
    end = std::size_t{record.offset} + record.length;
    require(keys.insert(page.key(record)).second, "a key comes once");
    require(positions.insert(record.position).second, "a position comes once");
  }
  end = 0;
  for (const auto& record : page.rejected) {
    check_rejected(page, record);
    require(record.offset >= end, "rejected records stand in the order of the page");
    end = std::size_t{record.offset} + record.length;
    require(positions.insert(record.position).second, "a position comes once");
  }
  require(positions.empty() || *positions.rbegin() < page.envelope.count, "positions are below the count");
}

void require_same(const page& one, const page& other) {
  const auto same_record = [](const record_view& a, const record_view& b) {
    return a.offset == b.offset && a.length == b.length && a.key_hash == b.key_hash &&
           a.content_hash == b.content_hash && a.position == b.position && a.lane == b.lane;
  };
  const auto same_rejected = [](const rejected_record& a, const rejected_record& b) {
    return a.offset == b.offset && a.length == b.length && a.position == b.position && a.key == b.key &&
           a.reason.code == b.reason.code && a.reason.text == b.reason.text;
  };
  require(std::equal(one.records.begin(), one.records.end(), other.records.begin(), other.records.end(),
                     same_record) &&
              one.keys == other.keys && one.repeated == other.repeated &&
              std::equal(one.rejected.begin(), one.rejected.end(), other.rejected.begin(),
                         other.rejected.end(), same_rejected),
          "a page is decoded the same every time");
}

void require_same(const result<page_ptr>& one, const result<page_ptr>& other) {
  require(bool{one} == bool{other}, "a page is believed every time or never");
  if (one)
    require_same(**one, **other);
  else
    require(one.error().code == other.error().code && one.error().text == other.error().text,
            "a page is refused for the same reason every time");
}

/// Who has read the keys only, and then checks each record, has the page of who has read all of it.
void require_same_by_keys(const result<page_ptr>& whole, const result<page_ptr>& by_keys) {
  static record_checker checker;
  if (!whole) {
    // simdjson loses its way in some records that are broken inside; who does not read that far does not.
    if (by_keys)
      for (const auto& record : (*by_keys)->records)
        if (const auto rejected = checker.check(**by_keys, record))
          check_rejected(**by_keys, *rejected);
        else
          check_accepted(**by_keys, record);
    else
      require(whole.error().text == by_keys.error().text, "a page is refused for the same reason");
    return;
  }
  require(bool{by_keys}, "a page is believed however little of it is read");
  std::size_t unusable = 0;
  auto next = (*whole)->records.begin();
  for (const auto& record : (*by_keys)->records) {
    if (const auto rejected = checker.check(**by_keys, record)) {
      check_rejected(**by_keys, *rejected);
      ++unusable;
      continue;
    }
    require(next != (*whole)->records.end() && next->position == record.position &&
                next->offset == record.offset && next->length == record.length &&
                next->key_hash == record.key_hash && next->content_hash == record.content_hash &&
                next->lane == record.lane && (*whole)->key(*next) == (*by_keys)->key(record),
            "a record that can be used is the same however it was read");
    ++next;
  }
  require(next == (*whole)->records.end(), "reading keys leaves no record out");
  require((*by_keys)->rejected.size() + unusable == (*whole)->rejected.size() &&
              (*by_keys)->repeated == (*whole)->repeated,
          "as many records are rejected however they were read");
}

void decode_and_check(const std::string& bytes) {
  static auto used = make_decoder();  // has seen all the pages before
  auto fresh = make_decoder();
  static auto by_keys = make_decoder(reading::keys);
  const auto strict = decoded(used, bytes, false);
  require_same(strict, decoded(fresh, bytes, false));
  require_same_by_keys(strict, decoded(by_keys, bytes, false));
  const auto salvaged = decoded(used, bytes, true);
  require_same(salvaged, decoded(fresh, bytes, true));
  if (strict) {
    check(**strict, bytes);
    require_same(strict, salvaged);
  } else if (salvaged) {
    check(**salvaged, bytes);
    require(!bytes_outside_utf8(bytes).empty(), "only what is not UTF-8 needs to be salvaged");
  }
}

}  // namespace
}  // namespace matricula::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  matricula::fuzzing::decode_and_check(matricula::fuzzing::text_of(data, size));
  return 0;
}
