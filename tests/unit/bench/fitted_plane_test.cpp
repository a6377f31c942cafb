// SPDX-License-Identifier: Apache-2.0
#include "pipeline/fitted_plane.hpp"

#include <gtest/gtest.h>

namespace matricula::bench {
namespace {

TEST(fitted_plane_test, lies_in_all_points_if_it_can) {
  const auto exact = plane_through({{0, 0, 5}, {1, 0, 7}, {0, 1, 8}, {4, 2, 19}});
  ASSERT_TRUE(exact);
  EXPECT_NEAR(exact->fixed, 5, 1e-9);
  EXPECT_NEAR(exact->per_x, 2, 1e-9);
  EXPECT_NEAR(exact->per_y, 3, 1e-9);
  EXPECT_NEAR(exact->deviation_ratio, 0, 1e-12);
}

/// At each of three places, 100 and 110: in between, nearer to the lesser, of which a millisecond is a greater share.
TEST(fitted_plane_test, weighs_deviations_as_shares_and_tells_the_greatest) {
  const auto plane =
      plane_through({{0, 0, 100}, {0, 0, 110}, {1, 0, 100}, {1, 0, 110}, {0, 1, 100}, {0, 1, 110}});
  ASSERT_TRUE(plane);
  const auto between = (1 / 100.0 + 1 / 110.0) / (1 / 100.0 / 100 + 1 / 110.0 / 110);
  EXPECT_NEAR(plane->fixed, between, 1e-9);
  EXPECT_NEAR(plane->per_x, 0, 1e-9);
  EXPECT_NEAR(plane->per_y, 0, 1e-9);
  EXPECT_NEAR(plane->deviation_ratio, (110 - between) / 110, 1e-9);
}

TEST(fitted_plane_test, is_none_that_the_points_leave_open) {
  EXPECT_FALSE(plane_through({}));
  EXPECT_FALSE(plane_through({{1, 1, 5}, {2, 2, 6}}));
  EXPECT_FALSE(plane_through({{1, 2, 5}, {10, 20, 6}, {100, 200, 8}, {1'000, 2'000, 11}}));
}

}  // namespace
}  // namespace matricula::bench
