// SPDX-License-Identifier: Apache-2.0
#include "told.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <sstream>
#include <stdexcept>
#include <string_view>

namespace matricula::bench {

wall_time time_from(const std::string& text) {
  std::tm parts{};
  int milliseconds = 0, hours = 0, minutes = 0;
  char zone = 0;
  const int read = std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%3d%c%2d:%2d", &parts.tm_year,
                               &parts.tm_mon, &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec,
                               &milliseconds, &zone, &hours, &minutes);
  if (read != 10 && (read != 8 || zone != 'Z'))
    throw std::runtime_error{"'" + text + "' is no time"};
  parts.tm_year -= 1900;
  --parts.tm_mon;
  const auto offset = std::chrono::minutes{hours * 60 + minutes} * (zone == '-' ? -1 : 1);
  return std::chrono::system_clock::from_time_t(timegm(&parts)) + std::chrono::milliseconds{milliseconds} -
         offset;
}

std::optional<wall_time> first_said(const std::string& log, const std::string& begins) {
  std::istringstream in{log};
  for (std::string line; std::getline(in, line);) {
    const auto parsed = nlohmann::json::parse(line, nullptr, false);
    if (parsed.is_object() && parsed.value("text", "").rfind(begins, 0) == 0)
      return time_from(parsed.at("time").get<std::string>());
  }
  return std::nullopt;
}

double longest_lock_wait_ms(const std::string& server_log, int process) {
  // "LOG:  process 123 acquired ShareLock on transaction 456 after 78.901 ms"
  const auto who = "LOG:  process " + std::to_string(process) + ' ';
  constexpr std::string_view after = " after ";
  std::istringstream in{server_log};
  double longest = 0;
  for (std::string line; std::getline(in, line);) {
    const auto at = line.find(who), time = line.rfind(after);
    if (at != line.npos && time != line.npos && time > at)
      longest = std::max(longest, std::strtod(line.c_str() + time + after.size(), nullptr));
  }
  return longest;
}

}  // namespace matricula::bench
