// SPDX-License-Identifier: Apache-2.0
#include "actors/supervise/throwing_adapters.hpp"

#include <gmock/gmock.h>

namespace matricula {
namespace {

using std::chrono::milliseconds;

TEST(planned_crashes, have_a_kind_a_time_and_a_call) {
  const auto planned = planned_crashes("applier@1500,fetcher@0:before_read,publisher@7:after_commit+9");
  ASSERT_TRUE(planned);
  ASSERT_EQ(planned->size(), 3U);
  EXPECT_EQ(planned->at(0).kind, "applier");
  EXPECT_EQ(planned->at(0).after, milliseconds{1'500});
  EXPECT_EQ(planned->at(0).call, "");
  EXPECT_EQ(planned->at(1).after, milliseconds{0});
  EXPECT_EQ(planned->at(1).call, "before_read");
  EXPECT_EQ(planned->at(1).passes, 0U);
  EXPECT_EQ(planned->at(2).call, "after_commit");
  EXPECT_EQ(planned->at(2).passes, 9U);
  EXPECT_TRUE(planned_crashes("")->empty());
}

TEST(planned_crashes, are_refused_where_they_would_never_come) {
  for (const auto* const text :
       {"applier", "applier@", "applier@-1", "applier@1s", "applier@1:", "applier@1:apply",
        "applier@1:during_apply", "applier@1:after_commit", "partitioner@1:before_poll", "@1",
        "applier@1:before_apply+", "applier@1:before_apply+x"})
    EXPECT_FALSE(planned_crashes(text)) << text;
}

}  // namespace
}  // namespace matricula
