// SPDX-License-Identifier: Apache-2.0
#include "actors/apply/postgres_text.hpp"

namespace matricula {
namespace {

unsigned byte_at(std::string_view bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }

/// The length of the UTF-8 character at the head of `bytes`, or 0 if there is none: RFC 3629, section 4.
std::size_t character_length(std::string_view bytes) {
  const auto first = byte_at(bytes, 0);
  if (first < 0x80)
    return 1;
  std::size_t length = 0;
  unsigned second_min = 0x80, second_max = 0xBF;
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    if (first == 0xE0)
      second_min = 0xA0;
    else if (first == 0xED)
      second_max = 0x9F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    if (first == 0xF0)
      second_min = 0x90;
    else if (first == 0xF4)
      second_max = 0x8F;
  }
  if (length == 0 || bytes.size() < length || byte_at(bytes, 1) < second_min ||
      byte_at(bytes, 1) > second_max)
    return 0;
  for (std::size_t i = 2; i < length; ++i)
    if ((byte_at(bytes, i) & 0xC0U) != 0x80U)
      return 0;
  return length;
}

/// The length of the character at the head of `bytes` that PostgreSQL takes, or 0.
std::size_t storable_length(std::string_view bytes) { return bytes[0] == '\0' ? 0 : character_length(bytes); }

}  // namespace

std::string storable_text(std::string_view bytes, std::size_t bytes_max) {
  constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD
  std::string text;
  while (!bytes.empty()) {
    const auto length = storable_length(bytes);
    const auto piece = length == 0 ? replacement : bytes.substr(0, length);
    if (text.size() + piece.size() > bytes_max)
      break;
    text += piece;
    bytes.remove_prefix(length == 0 ? 1 : length);
  }
  return text;
}

bool is_storable(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto length = storable_length(bytes);
    if (length == 0)
      return false;
    bytes.remove_prefix(length);
  }
  return true;
}

}  // namespace matricula
