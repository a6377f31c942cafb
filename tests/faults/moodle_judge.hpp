// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deployment.hpp"
#include "judge.hpp"

namespace matricula::faults {

/// What a site's Moodle tables say, held against the truth: accounts with their names, who is active in which course, by
/// which role and in which group; and whether anything that Moodle wants once is there twice, which no key of its tables
/// forbids.
void judge_moodle(const deployment& what, const lane_site& site, verdict& found);

}  // namespace matricula::faults
