// SPDX-License-Identifier: Apache-2.0
#include "actors/apply/postgres_text.hpp"

#include "messages/utf8.hpp"

namespace matricula {
namespace {

/// The length of the character at the head of `bytes` that PostgreSQL takes, or 0.
std::size_t storable_length(std::string_view bytes) {
  return bytes[0] == '\0' ? 0 : utf8_character_length(bytes);
}

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
  return bytes.find('\0') == std::string_view::npos && is_utf8(bytes);
}

}  // namespace matricula
