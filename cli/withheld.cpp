// SPDX-License-Identifier: Apache-2.0
#include "cli/withheld.hpp"

namespace matricula {

std::string_view told_of(std::string_view state) {
  if (state == "held")
    return "held back";
  if (state == "blackout")
    return "waiting for the end of a blackout";
  return state == "kept" ? "kept since the time when nobody left" : state;
}

bool awaits_calendar(std::string_view state) { return state == "blackout" || state == "kept"; }

}  // namespace matricula
