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

  bool reached_by(double value) const { return side == at_least ? value >= bound : value <= bound; }
  /// Whether another machine should find the same: a ratio, a count or bytes, no time.
  bool of_any_machine() const;
  /// Whether the later value is worse than the earlier ones by more than they differ among themselves.
  bool worse(const spread& earlier, double later) const {
    const auto loss = side == at_least ? earlier.median - later : later - earlier.median;
    return loss > earlier.greatest - earlier.least;
  }
};

/// All of them, in the order of the report.
const std::vector<goal>& goals();

}  // namespace matricula::bench
