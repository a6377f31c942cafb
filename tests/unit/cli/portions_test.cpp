// SPDX-License-Identifier: Apache-2.0
#include "cli/portions.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace matricula {
namespace {

using namespace std::chrono_literals;

const failure conflict{error_code::database_conflict, "another session"};

/// Portions that answer in turn what is given, the last of it for ever.
class given_portions {
 public:
  explicit given_portions(std::vector<result<bool>> answers)
      : answers_(std::move(answers)) {}

  result<done> run() {
    return do_in_portions([this] { return answers_[std::min(calls_++, answers_.size() - 1)]; }, 0ms);
  }
  std::size_t calls() const { return calls_; }

 private:
  std::vector<result<bool>> answers_;
  std::size_t calls_ = 0;
};

TEST(portions, are_done_until_there_are_no_more) {
  given_portions given{{true, true, false}};
  EXPECT_TRUE(given.run());
  EXPECT_EQ(given.calls(), 3U);
}

TEST(portions, are_done_again_when_another_session_was_in_the_way) {
  given_portions given{{true, conflict, conflict, true, conflict, false}};
  EXPECT_TRUE(given.run());
  EXPECT_EQ(given.calls(), 6U);
}

TEST(portions, are_given_up_when_it_always_is) {
  given_portions given{{true, conflict}};
  const auto ended = given.run();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().text, "another session");
  EXPECT_EQ(given.calls(), 22U);
}

TEST(portions, end_with_any_other_error) {
  given_portions given{{true, failure{error_code::target_broken, "no such table"}}};
  EXPECT_FALSE(given.run());
  EXPECT_EQ(given.calls(), 2U);
}

}  // namespace
}  // namespace matricula
