// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace matricula {

bool is_utf8(std::string_view text);

/// The length in bytes of the well-formed character at the head of `text` (The Unicode Standard, table 3-7), or 0 if
/// there is none. Precondition: `text` is not empty.
std::size_t utf8_character_length(std::string_view text);

/// The offsets of the bytes that belong to no well-formed sequence of UTF-8 (The Unicode Standard, table
/// 3-7), ascending; empty if the text is UTF-8.
std::vector<std::size_t> bytes_outside_utf8(std::string_view text);

}  // namespace matricula
