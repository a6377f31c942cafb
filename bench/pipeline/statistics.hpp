// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace matricula::bench {

/// What several runs have measured.
struct spread {
  double median = 0, least = 0, greatest = 0;
  std::size_t runs = 0;
};

/// Of an even number of values the median is the mean of the two in the middle. All zero without values.
inline spread spread_of(std::vector<double> values) {
  if (values.empty())
    return {};
  std::sort(values.begin(), values.end());
  const auto middle = values.size() / 2;
  const auto median = values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return {median, values.front(), values.back(), values.size()};
}

}  // namespace matricula::bench
