// SPDX-License-Identifier: Apache-2.0
#include "cli/time_text.hpp"

#include <cstdio>

namespace matricula {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

std::optional<utc_time> time_from_text(std::string_view text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, used = 0;
  std::string copy{text};
  if (!copy.empty() && copy.back() == 'Z')
    copy.pop_back();
  const bool to_minutes =
      std::sscanf(copy.c_str(), "%4d-%2d-%2dT%2d:%2d%n", &year, &month, &day, &hour, &minute, &used) == 5;
  if (!to_minutes)
    return std::nullopt;
  int more = 0;
  if (static_cast<std::size_t>(used) != copy.size() &&
      (std::sscanf(copy.c_str() + used, ":%2d%n", &second, &more) != 1 ||
       static_cast<std::size_t>(used + more) != copy.size()))
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 59)
    return std::nullopt;
  return utc_time{std::chrono::sys_days{date} + hours{hour} + minutes{minute} + seconds{second}};
}

std::optional<utc_time> time_from_json(std::string_view text) {
  constexpr std::size_t length_to_seconds = 19;
  const auto time = time_from_text(text.substr(0, length_to_seconds));
  if (!time || text.size() <= length_to_seconds)
    return time;
  auto rest = text.substr(length_to_seconds);
  if (rest.front() == '.') {
    const auto end = rest.find_first_not_of("0123456789", 1);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end);
  }
  if (rest.empty() || rest == "Z")
    return time;
  int hour = 0, minute = 0, used = 0;
  const std::string zone{rest.substr(1)};
  if ((rest.front() != '+' && rest.front() != '-') ||
      std::sscanf(zone.c_str(), "%2d%n:%2d%n", &hour, &used, &minute, &used) < 1 ||
      static_cast<std::size_t>(used) != zone.size())
    return std::nullopt;
  const auto offset = hours{hour} + minutes{minute};
  return rest.front() == '+' ? *time - offset : *time + offset;
}

std::string text_of(utc_time time) {
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{std::chrono::floor<seconds>(time - day)};
  char text[48];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

}  // namespace matricula
