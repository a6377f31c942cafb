// SPDX-License-Identifier: Apache-2.0
#include "config/durations.hpp"

#include <charconv>
#include <cstdint>

namespace matricula::config {
namespace {

struct unit {
  std::string_view name;
  std::int64_t milliseconds;
};

constexpr unit units[] = {{"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}};
constexpr std::int64_t milliseconds_max = 1'000'000'000'000;

}  // namespace

std::optional<std::chrono::milliseconds> duration_from(std::string_view text) {
  std::int64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc{} || count < 0)
    return std::nullopt;
  const std::string_view name{rest, static_cast<std::size_t>(end - rest)};
  for (const auto& unit : units)
    if (unit.name == name && count < milliseconds_max / unit.milliseconds)
      return std::chrono::milliseconds{count * unit.milliseconds};
  return std::nullopt;
}

std::string text_of(std::chrono::milliseconds duration) {
  for (const auto& unit : units)
    if (duration.count() % unit.milliseconds == 0 && duration.count() != 0)
      return std::to_string(duration.count() / unit.milliseconds) + std::string{unit.name};
  return std::to_string(duration.count()) + "ms";
}

}  // namespace matricula::config
