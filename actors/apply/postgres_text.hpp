// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace matricula {

/// `bytes` as a text that PostgreSQL takes: U+FFFD stands for each byte that is not part of UTF-8 and for
/// U+0000. Only the head if longer than `bytes_max`, cut between characters.
std::string storable_text(std::string_view bytes, std::size_t bytes_max);

/// Whether PostgreSQL takes `bytes` as they are.
bool is_storable(std::string_view bytes);

}  // namespace matricula
