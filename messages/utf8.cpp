// SPDX-License-Identifier: Apache-2.0
#include "messages/utf8.hpp"

#include <simdjson.h>

namespace matricula {

bool is_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

std::size_t utf8_character_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto in = [](unsigned char value, unsigned char low, unsigned char high) {
    return low <= value && value <= high;
  };
  const auto lead = byte(0);
  if (lead < 0x80)
    return 1;
  const std::size_t length = in(lead, 0xC2, 0xDF)   ? 2
                             : in(lead, 0xE0, 0xEF) ? 3
                             : in(lead, 0xF0, 0xF4) ? 4
                                                    : 0;
  if (length == 0 || text.size() < length)
    return 0;
  // The second byte excludes overlong forms, surrogates and what lies beyond U+10FFFF.
  const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (!in(byte(1), low, high))
    return 0;
  for (std::size_t i = 2; i < length; ++i)
    if (!in(byte(i), 0x80, 0xBF))
      return 0;
  return length;
}

std::vector<std::size_t> bytes_outside_utf8(std::string_view text) {
  std::vector<std::size_t> offsets;
  for (std::size_t at = 0; at < text.size();) {
    const auto length = utf8_character_length(text.substr(at));
    if (length == 0)
      offsets.push_back(at++);
    else
      at += length;
  }
  return offsets;
}

}  // namespace matricula
