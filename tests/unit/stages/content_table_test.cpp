// SPDX-License-Identifier: Apache-2.0
#include "actors/dedup/content_table.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cerrno>
#include <new>
#include <random>
#include <unordered_map>
#include <vector>

namespace matricula {
namespace {

void expect_known(const content_table& table, std::uint64_t key_hash, known_content expected) {
  const auto known = table.find(key_hash);
  ASSERT_TRUE(known) << key_hash;
  EXPECT_EQ(known->content_hash, expected.content_hash);
  EXPECT_EQ(known->revision, expected.revision);
}

TEST(content_table, holds_every_bit_of_what_it_is_told) {
  content_table table;
  const revision_t greatest = (revision_t{1} << 48) - 1;
  table.put(0, {UINT64_MAX, greatest});
  table.put(UINT64_MAX, {0, 0});
  table.put(0x0123456789abcdef, {0xfedcba9876543210, 0x0123456789ab});
  EXPECT_EQ(table.size(), 3U);
  expect_known(table, 0, {UINT64_MAX, greatest});
  expect_known(table, UINT64_MAX, {0, 0});
  expect_known(table, 0x0123456789abcdef, {0xfedcba9876543210, 0x0123456789ab});
  EXPECT_FALSE(table.find(1));
}

TEST(content_table, keeps_what_was_put_last_or_what_is_newer) {
  content_table table;
  table.put(7, {1, 5});
  table.put(7, {2, 4});
  expect_known(table, 7, {2, 4});
  table.put_newer(7, {3, 4});
  expect_known(table, 7, {2, 4});
  table.put_newer(7, {3, 6});
  expect_known(table, 7, {3, 6});
  EXPECT_EQ(table.size(), 1U);
}

TEST(content_table, finds_all_keys_wherever_their_hashes_lie) {
  content_table table;
  std::unordered_map<std::uint64_t, known_content> expected;
  std::mt19937_64 lots{46};
  for (int i = 0; i < 100'000; ++i) {
    const known_content known{lots(), lots() >> 16U};
    const auto key_hash = lots();
    table.prefetch(key_hash);
    table.put(key_hash, known);
    expected[key_hash] = known;
  }
  EXPECT_EQ(table.size(), expected.size());
  for (const auto& [key_hash, known] : expected)
    expect_known(table, key_hash, known);
}

TEST(mapped_allocator, gives_a_large_block_back_to_the_kernel) {
  constexpr std::size_t bytes = 1 << 20U;
  mapped_allocator<char> memory;
  auto* const block = memory.allocate(bytes);
  block[bytes - 1] = 'a';
  std::vector<unsigned char> resident(bytes);
  EXPECT_EQ(mincore(block, bytes, resident.data()), 0);
  memory.deallocate(block, bytes);
  EXPECT_EQ(mincore(block, bytes, resident.data()), -1);
  EXPECT_EQ(errno, ENOMEM);
}

TEST(mapped_allocator, refuses_what_there_is_not) {
  EXPECT_THROW(mapped_allocator<char>{}.allocate(std::size_t{1} << 60U), std::bad_alloc);
}

}  // namespace
}  // namespace matricula
