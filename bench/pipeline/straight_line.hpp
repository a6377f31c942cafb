// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace matricula::bench {

/// y = fixed + slope * x
struct straight_line {
  double fixed = 0, slope = 0;
  double deviation_ratio = 0;  ///< the greatest |y - line(x)| / y
};

/// The line through points (x, y) for which the sum of ((y - line(x)) / y)² is least, as each y has been measured to a
/// share of itself. Requires two different x, and y > 0.
inline straight_line line_through(const std::vector<std::pair<double, double>>& points) {
  double weights = 0, sum_x = 0, sum_y = 0, sum_xx = 0, sum_xy = 0;
  for (const auto& [x, y] : points) {
    const auto weight = 1 / (y * y);
    weights += weight;
    sum_x += weight * x;
    sum_y += weight * y;
    sum_xx += weight * x * x;
    sum_xy += weight * x * y;
  }
  straight_line line;
  line.slope = (weights * sum_xy - sum_x * sum_y) / (weights * sum_xx - sum_x * sum_x);
  line.fixed = (sum_y - line.slope * sum_x) / weights;
  for (const auto& [x, y] : points)
    line.deviation_ratio = std::max(line.deviation_ratio, std::abs(y - line.fixed - line.slope * x) / y);
  return line;
}

}  // namespace matricula::bench
