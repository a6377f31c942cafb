// SPDX-License-Identifier: Apache-2.0
#include "actors/supervise/scoreboard.hpp"
#include "tests/actors/graph_test.hpp"

namespace matricula::testing {
namespace {

using scoreboard_test = graph_test;

TEST_F(scoreboard_test, answers_who_waits_for_pages_when_it_dies) {
  const auto actor = keep(system->spawn(scoreboard, deployed()));
  const auto applied = ask<done>(actor, pages_atom::value, std::uint64_t{1});
  EXPECT_TRUE(applied->pending());
  kill(actor);
  EXPECT_EQ(applied->code(), error_code::stopping);
}

}  // namespace
}  // namespace matricula::testing
