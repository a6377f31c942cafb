// SPDX-License-Identifier: Apache-2.0
#include "actors/supervise/outage_log.hpp"

#include <fmt/chrono.h>

namespace matricula {

using std::chrono::duration_cast;
using std::chrono::seconds;

std::optional<std::string> outage_log::failed(const failure& why, steady now, wall today) {
  if (!out_) {
    out_ = true;
    since_ = now;
    began_ = today;
    text_.clear();
  }
  if (text_ == why.text && now - logged_ < repeat_after)
    return std::nullopt;
  text_ = why.text;
  logged_ = now;
  return fmt::format("{}: {}; tried again since {:%Y-%m-%d %H:%M:%S} UTC, for {} s so far", name_of(why.code),
                     why.text, fmt::gmtime(std::chrono::system_clock::to_time_t(began_)),
                     duration_cast<seconds>(now - since_).count());
}

std::optional<std::string> outage_log::works(steady now) {
  if (!out_)
    return std::nullopt;
  out_ = false;
  return fmt::format("works again after {} s", duration_cast<seconds>(now - since_).count());
}

}  // namespace matricula
