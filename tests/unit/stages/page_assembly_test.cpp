// SPDX-License-Identifier: Apache-2.0
#include "actors/publish/page_assembly.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace matricula {
namespace {

using testing::ElementsAre;

struct page_assembly_test : testing::Test {
  page_assembly<std::string> pages;

  bool add(std::uint64_t number, std::uint32_t shares_total, std::string ticket) {
    auto made = std::make_shared<page>();
    made->number = number;
    return pages.add(std::make_shared<page_share>(page_share{made, shares_total, nullptr, std::nullopt}),
                     ticket);
  }

  static std::vector<std::string> tickets(const page_assembly<std::string>::entries& entries) {
    std::vector<std::string> all;
    for (const auto& entry : entries)
      all.push_back(entry.ticket);
    return all;
  }
};

TEST_F(page_assembly_test, takes_nothing_before_it_knows_where_to_resume) { EXPECT_FALSE(add(1, 1, "a")); }

TEST_F(page_assembly_test, completes_a_page_with_its_last_share) {
  pages.resume(4);
  EXPECT_TRUE(add(5, 2, "a"));
  EXPECT_FALSE(pages.complete());
  EXPECT_TRUE(add(5, 2, "b"));
  ASSERT_TRUE(pages.complete());
  EXPECT_THAT(tickets(pages.committed()), ElementsAre("a", "b"));
  EXPECT_EQ(pages.last_committed(), 5U);
}

TEST_F(page_assembly_test, holds_a_later_page_until_its_turn) {
  pages.resume(0);
  EXPECT_TRUE(add(2, 1, "later"));
  EXPECT_EQ(pages.current(), nullptr);
  EXPECT_TRUE(add(1, 1, "first"));
  pages.committed();
  ASSERT_TRUE(pages.complete());
  EXPECT_THAT(tickets(pages.committed()), ElementsAre("later"));
}

TEST_F(page_assembly_test, sends_everything_back_after_a_failure_until_that_page_comes_again) {
  pages.resume(0);
  add(1, 2, "1a");
  add(2, 2, "2a");
  EXPECT_THAT(tickets(pages.fail()), ElementsAre("1a", "2a"));
  EXPECT_EQ(pages.pages_in_hand(), 0U);
  EXPECT_FALSE(add(2, 2, "2b"));
  EXPECT_TRUE(add(1, 1, "1 again"));
  EXPECT_TRUE(add(2, 1, "2 again"));
  EXPECT_TRUE(pages.complete());
}

TEST_F(page_assembly_test, refuses_a_page_committed_before) {
  pages.resume(7);
  EXPECT_FALSE(add(7, 1, "a"));
  EXPECT_FALSE(add(6, 1, "a"));
  EXPECT_TRUE(add(8, 1, "a"));
}

}  // namespace
}  // namespace matricula
