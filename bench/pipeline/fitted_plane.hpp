// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <vector>

namespace matricula::bench {

/// z = fixed + per_x * x + per_y * y
struct fitted_plane {
  double fixed = 0, per_x = 0, per_y = 0;
  double deviation_ratio = 0;  ///< the greatest |z - plane(x, y)| / z

  double at(double x, double y) const { return fixed + per_x * x + per_y * y; }
};

struct plane_point {
  double x = 0, y = 0, z = 0;
};

/// Three by three, by rows.
using square_matrix = std::array<std::array<double, 3>, 3>;

inline double determinant(const square_matrix& m) {
  return m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) -
         m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
         m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
}

/// The plane through points for which the sum of ((z - plane(x, y)) / z)² is least, as each z has been measured to a share
/// of itself. None if the points leave it open: if fewer than three differ, or all (x, y) lie on a line. Requires z > 0.
inline std::optional<fitted_plane> plane_through(const std::vector<plane_point>& points) {
  // Each point is an equation (fixed + per_x * x + per_y * y) / z = 1, and these are the normal equations of all of them.
  square_matrix sums{};
  std::array<double, 3> right{};
  for (const auto& [x, y, z] : points) {
    const std::array<double, 3> terms{1 / z, x / z, y / z};
    for (std::size_t i = 0; i < 3; ++i) {
      right[i] += terms[i];
      for (std::size_t k = 0; k < 3; ++k)
        sums[i][k] += terms[i] * terms[k];
    }
  }
  // Cramer's rule; the product of the diagonal is what the determinant is at most.
  const auto all = determinant(sums);
  if (!(all > 1e-9 * sums[0][0] * sums[1][1] * sums[2][2]))
    return std::nullopt;
  std::array<double, 3> found{};
  for (std::size_t i = 0; i < 3; ++i) {
    auto replaced = sums;
    for (std::size_t k = 0; k < 3; ++k)
      replaced[k][i] = right[k];
    found[i] = determinant(replaced) / all;
  }
  fitted_plane plane{found[0], found[1], found[2]};
  for (const auto& [x, y, z] : points)
    plane.deviation_ratio = std::max(plane.deviation_ratio, std::abs(z - plane.at(x, y)) / z);
  return plane;
}

}  // namespace matricula::bench
