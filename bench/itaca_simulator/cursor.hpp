// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace matricula::simulator {

/// A place in the feed, as text "sweep:slot", or "sweep:slot:again" after `again` empty pages there.
struct cursor {
  std::uint64_t sweep = 0;
  std::uint64_t slot = 0;
  std::uint64_t again = 0;

  auto operator<=>(const cursor&) const = default;
  [[nodiscard]] std::string text() const;
  static std::optional<cursor> parse(std::string_view text);
};

}  // namespace matricula::simulator
