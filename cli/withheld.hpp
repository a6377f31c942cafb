// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace matricula {

/// Why somebody whom the source has withdrawn is still at a site, for people to read. `state` is a word of the targets'
/// held.sql and verify.sql (docs/targets.md); one that is unknown here is told as it is.
std::string_view told_of(std::string_view state);

/// Whether `matricula calendar` lets them go once the reason is gone, and nobody has to decide on it.
bool awaits_calendar(std::string_view state);

}  // namespace matricula
