// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "result_lines.hpp"

#include <optional>
#include <string>
#include <vector>

namespace matricula::bench {

/// What a figure must reach.
struct goal {
  const char* what;
  const char* scenario;
  const char* about;
  const char* figure;
  enum { at_least, at_most } side;
  double bound;
  const char* unit;  ///< of the bound and the value as they are shown, with `scale`
  double scale = 1;
  int decimals = 2;
  enum {
    median,
    worst
  } judged_by = median;  ///< worst: by the greatest or least of all runs, whichever is worse

  /// Of the figure's values, the one that must reach the bound.
  double judged(const spread& found) const {
    return judged_by == median ? found.median : side == at_least ? found.least : found.greatest;
  }
  bool reached_by(const spread& found) const {
    const auto value = judged(found);
    return side == at_least ? value >= bound : value <= bound;
  }
  /// Whether another machine should find the same: a ratio, a count or bytes, no time.
  bool of_any_machine() const;
  /// Whether the later value is worse than the earlier ones by more than they differ among themselves.
  bool worse(const spread& earlier, const spread& later) const {
    const auto loss = (judged(earlier) - judged(later)) * (side == at_least ? 1 : -1);
    return loss > earlier.greatest - earlier.least;
  }
};

/// All of them, in the order of the report.
const std::vector<goal>& goals();

}  // namespace matricula::bench
