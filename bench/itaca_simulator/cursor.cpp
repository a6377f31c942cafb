// SPDX-License-Identifier: Apache-2.0
#include "cursor.hpp"

#include <charconv>

namespace matricula::simulator {

std::string cursor::text() const {
  auto written = std::to_string(sweep) + ':' + std::to_string(slot);
  if (again > 0)
    written += ':' + std::to_string(again);
  return written;
}

std::optional<cursor> cursor::parse(std::string_view text) {
  cursor read;
  std::uint64_t* const parts[] = {&read.sweep, &read.slot, &read.again};
  const char* at = text.data();
  const char* const end = at + text.size();
  std::size_t count = 0;
  for (auto* part : parts) {
    const auto [next, error] = std::from_chars(at, end, *part);
    if (error != std::errc{})
      return std::nullopt;
    at = next;
    ++count;
    if (at == end || *at != ':')
      break;
    ++at;
  }
  // Only the text that this program writes is a cursor.
  if (at != end || count < 2 || read.text() != text)
    return std::nullopt;
  return read;
}

}  // namespace matricula::simulator
