// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "messages/page_decoder.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace matricula::fuzzing {

/// Ends the process with `rule`, which libFuzzer takes for a finding, unless it holds.
inline void require(bool holds, const char* rule) {
  if (holds)
    return;
  std::fprintf(stderr, "broken: %s\n", rule);
  std::abort();
}

inline std::string text_of(const std::uint8_t* data, std::size_t size) { return {data, data + size}; }

/// A decoder whose topology has one lane, and whose largest record is a little longer than those of the
/// corpus.
inline page_decoder make_decoder(reading how = reading::whole) {
  return {[](std::string_view flavour, std::string_view province) -> std::optional<std::uint16_t> {
            return flavour == "ESO" && province == "46" ? std::optional<std::uint16_t>{3} : std::nullopt;
          },
          800, how};
}

inline result<page_ptr> decoded(page_decoder& decoder, std::string bytes, bool salvage) {
  page into;
  into.source = "itaca";
  into.number = 5;
  return decoder.decode(std::move(bytes), std::move(into), salvage);
}

}  // namespace matricula::fuzzing
