// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace matricula::bench {

/// The length of a text; simdjson goes on behind it.
inline std::size_t length_of(simdjson::simdjson_result<simdjson::ondemand::value> value) {
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS)
    throw std::runtime_error{"a field of the key is missing"};
  return text.size();
}

/// simdjson looks for the fields of every record's key, in the order in which the source writes them, and does nothing
/// with them but add up their lengths.
inline std::size_t lengths_of_key_fields(simdjson::ondemand::parser& parser,
                                         simdjson::padded_string_view page) {
  std::size_t sum = 0;
  auto document = parser.iterate(page);
  for (auto element : document["records"].get_array()) {
    simdjson::ondemand::object record = element.get_object();
    sum += length_of(record.find_field("year")) + length_of(record.find_field("role"));
    for (const char* object : {"centre", "course", "subject", "group"})
      sum += length_of(record.find_field(object).find_field("code"));
    sum += length_of(record.find_field("person").find_field("id"));
  }
  return sum;
}

}  // namespace matricula::bench
