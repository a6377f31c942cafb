// SPDX-License-Identifier: Apache-2.0
#include "actors/subscribe/partition_flow.hpp"

#include <gtest/gtest.h>

namespace matricula {
namespace {

struct partition_flow_test : testing::Test {
  partition_flow flow{{"ESO-46", 1}, {3, 1'000, 2}};

  void given(std::int64_t offset, std::string_view value = "{}") {
    consumed_message message;
    message.record.offset = offset;
    message.record.value = value;
    message.memory = std::make_shared<int>(0);
    flow.add(std::move(message));
  }
};

TEST_F(partition_flow_test, sends_what_there_is_when_the_site_is_idle) {
  given(5);
  given(6);
  const auto batch = flow.take();
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->records.size(), 2U);
  EXPECT_EQ(batch->next_offset, 7);
  EXPECT_EQ(batch->from.partition, 1);
  EXPECT_EQ(flow.take(), nullptr);
}

TEST_F(partition_flow_test, gathers_while_the_site_works) {
  given(1);
  ASSERT_TRUE(flow.take());
  given(2);
  EXPECT_EQ(flow.take(), nullptr);
  given(3);
  flow.answered();
  EXPECT_EQ(flow.take()->records.size(), 2U);
}

TEST_F(partition_flow_test, admits_exactly_its_batches_and_the_one_gathered) {
  std::int64_t offset = 0;
  int batches = 0;
  while (!flow.full()) {
    given(offset++);
    if (flow.take())
      ++batches;
  }
  EXPECT_EQ(batches, 2);
  EXPECT_EQ(flow.in_flight(), 2U);
  // One message in the first batch, for the site was idle; then two batches of three, one of them unsent.
  EXPECT_EQ(offset, 1 + 3 + 3);
}

TEST_F(partition_flow_test, the_first_that_does_not_fit_waits_and_begins_the_next_batch) {
  for (std::int64_t offset = 0; offset < 7; ++offset) {
    given(offset);
    flow.take();
  }
  ASSERT_TRUE(flow.full());
  EXPECT_FALSE(flow.waits());
  given(7);
  EXPECT_TRUE(flow.waits());
  flow.answered();
  EXPECT_EQ(flow.take()->records.back().offset, 6);
  EXPECT_FALSE(flow.waits());
  EXPECT_EQ(flow.records_gathered(), 1U);
  flow.answered();
  flow.answered();
  EXPECT_EQ(flow.take()->first_offset, 7);
}

TEST_F(partition_flow_test, a_batch_says_where_it_follows_on) {
  flow.begin(10);
  given(12);  // offsets 10 and 11 were a transaction's markers
  const auto first = flow.take();
  EXPECT_EQ(first->first_offset, 10);
  EXPECT_EQ(first->next_offset, 13);
  flow.answered();
  given(20);
  EXPECT_EQ(flow.take()->first_offset, 13);
}

TEST_F(partition_flow_test, is_full_by_bytes_too) {
  const std::string large(1'001, 'x');
  given(1, large);
  EXPECT_TRUE(flow.full());
}

TEST_F(partition_flow_test, passes_over_what_comes_from_before_a_seek) {
  given(1);
  flow.begin(10);
  given(2);
  EXPECT_EQ(flow.take(), nullptr);
  given(10);
  EXPECT_EQ(flow.take()->records[0].offset, 10);
}

TEST_F(partition_flow_test, a_batch_keeps_the_memory_behind_its_records) {
  auto memory = std::make_shared<int>(0);
  const std::weak_ptr<int> watched = memory;
  consumed_message message;
  message.memory = std::move(memory);
  flow.add(std::move(message));
  auto batch = flow.take();
  EXPECT_FALSE(watched.expired());
  batch.reset();
  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace matricula
