// SPDX-License-Identifier: Apache-2.0
#include "cli/plan_tally.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace matricula {
namespace {

std::string printed(const plan_tally& tally, std::size_t examples_max) {
  std::ostringstream out;
  tally.print(examples_max, out);
  return out.str();
}

TEST(plan_tally, counts_by_centre_and_kind_and_names_the_first) {
  plan_tally tally;
  EXPECT_TRUE(tally.empty());
  for (const auto* id : {"c", "a", "b"})
    tally.add({"46012345", "account", "create", id});
  tally.add({"46012345", "account", "adopt", "d"});
  tally.add({"03000001", "course", "create", "2026/03000001"});
  EXPECT_FALSE(tally.empty());
  EXPECT_EQ(printed(tally, 2), "  CENTRE    WHAT     WOULD     HOW MANY  SUCH AS\n"
                               "  03000001  course   create           1  2026/03000001\n"
                               "  46012345  account  adopt            1  d\n"
                               "  46012345  account  create           3  a, b, …\n");
}

TEST(plan_tally, what_several_batches_would_do_counts_once_as_the_last_one_says) {
  plan_tally tally;
  tally.add({"46012345", "enrolment", "create", "k"});
  tally.add({"46012345", "enrolment", "create", "k"});
  tally.add({"46012345", "enrolment", "withdraw", "k"});
  tally.add({"46012345", "course", "create", "k"});
  EXPECT_EQ(printed(tally, 0), "  CENTRE    WHAT       WOULD      HOW MANY  SUCH AS\n"
                               "  46012345  course     create            1  \n"
                               "  46012345  enrolment  withdraw          1  \n");
}

TEST(plan_tally, says_what_was_done_under_a_heading_of_its_own) {
  plan_tally tally;
  tally.add({"46012345", "course", "hide", "k"});
  std::ostringstream out;
  tally.print(1, out, "DONE");
  EXPECT_EQ(out.str(), "  CENTRE    WHAT    DONE     HOW MANY  SUCH AS\n"
                       "  46012345  course  hide            1  k\n");
}

}  // namespace
}  // namespace matricula
