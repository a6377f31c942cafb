// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "messages/page.hpp"
#include "messages/receipts.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace matricula {

/// The value of a source's message in matricula.cursors (docs/topics.md).
std::string source_position_json(std::string_view source, const source_position& position);

/// Reads such a value; nothing if it is none.
std::optional<source_position> parse_source_position(std::string_view json);

/// A record's entry in the quarantine topic. The key depends on the source and the record's bytes alone, so a
/// record that comes again in every sweep is one entry.
struct quarantine_message {
  std::string key, value;
};

/// The entry of a record rejected on its way into Kafka: source, page, position, natural key as far as known,
/// reason and the record's bytes, of a record over `bytes_max` the head only; key and reason are cut as well where they are
/// longer than any that is usual. Bytes that are not UTF-8 are replaced.
quarantine_message quarantine_message_of(const page& page, const rejected_record& record,
                                         std::size_t bytes_max);

/// The bytes of a page of these records, which are JSON, as docs/feed.md has it.
std::string page_json(const page_envelope& envelope, const std::vector<std::string>& records);

/// Finds the envelope of a page's bytes without reading its records; nothing if it does not stand at the
/// start, where every source known puts it. Then the page must be decoded to know what follows it.
std::optional<page_envelope> peek_envelope(std::string_view page_bytes);

}  // namespace matricula
