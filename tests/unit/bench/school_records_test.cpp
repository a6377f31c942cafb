// SPDX-License-Identifier: Apache-2.0
#include "pipeline/page_feed.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace matricula::bench {
namespace {

struct school_records_test : testing::Test {
  static constexpr std::uint64_t page = 3'000;
  school_records school{page, {"ESO-46"}, page};
  records_of_page before = school.page(0);

  std::vector<std::size_t> changed_in(const records_of_page& after) const {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < page; ++i)
      if (before->record(i) != after->record(i))
        places.push_back(i);
    return places;
  }
};

TEST_F(school_records_test, readdresses_places_that_lie_together) {
  const auto places = changed_in(school.readdressed_page(0, 300, 1, where::together));
  ASSERT_EQ(places.size(), 300U);
  EXPECT_EQ(places.back(), 299U);
}

TEST_F(school_records_test, readdresses_places_that_lie_strewn) {
  const auto places = changed_in(school.readdressed_page(0, 300, 1, where::strewn));
  ASSERT_EQ(places.size(), 300U);
  for (std::size_t tenth = 0; tenth < 10; ++tenth) {
    const auto within =
        std::count_if(places.begin(), places.end(), [&](auto place) { return place / (page / 10) == tenth; });
    EXPECT_GE(within, 25);
    EXPECT_LE(within, 35);
  }
  const auto more = changed_in(school.readdressed_page(0, 1'000, 1, where::strewn));
  EXPECT_EQ(more.size(), 1'000U);
  EXPECT_TRUE(std::includes(more.begin(), more.end(), places.begin(), places.end()));
}

TEST_F(school_records_test, a_readdressed_page_is_whole) {
  const auto after = school.readdressed_page(0, page, 1, where::strewn);
  EXPECT_EQ(after->count(), page);
  EXPECT_EQ(changed_in(after).size(), page);
  EXPECT_EQ(after->bytes.front(), '{');
  EXPECT_EQ(after->bytes.back(), '}');
}

}  // namespace
}  // namespace matricula::bench
