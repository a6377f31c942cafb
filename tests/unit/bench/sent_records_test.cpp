// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sent_records.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace matricula::bench {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

sent_record record_in(const char* lane, std::int32_t partition) {
  sent_record record;
  record.lane = lane;
  record.partition = partition;
  return record;
}

TEST(sent_records_test, a_transaction_leaves_an_entry_where_it_has_records) {
  const std::vector<sent_record> first{record_in("ESO-46", 0), record_in("ESO-46", 0), record_in("FP-46", 1)};
  const std::vector<sent_record> second{record_in("ESO-46", 0)};
  EXPECT_THAT(offsets_after({first, second, second}),
              ElementsAre(Pair(Pair("ESO-46", 0), 3 + 2 + 2), Pair(Pair("FP-46", 1), 2)));
  EXPECT_THAT(offsets_after({}), IsEmpty());
}

}  // namespace
}  // namespace matricula::bench
