// SPDX-License-Identifier: Apache-2.0
#include "actors/subscribe/message_memory.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace matricula {
namespace {

TEST(message_memory, keeps_what_it_was_given_as_long_as_its_portion_is_kept) {
  std::vector<std::string> given;
  std::vector<std::string_view> kept;
  std::vector<std::shared_ptr<const void>> portions;
  {
    message_memory memory;
    for (int i = 0; i < 2'000; ++i) {
      given.emplace_back(static_cast<std::size_t>(i), static_cast<char>('a' + i % 26));
      memory.make_room(given.back().size());
      kept.push_back(memory.keep(given.back()));
      if (portions.empty() || portions.back() != memory.portion())
        portions.push_back(memory.portion());
    }
  }
  EXPECT_GT(portions.size(), 29U);  // of some 2 MB
  EXPECT_LT(portions.size(), 40U);
  for (std::size_t i = 0; i < given.size(); ++i)
    EXPECT_EQ(kept[i], given[i]);
}

TEST(message_memory, lays_together_what_room_was_made_for) {
  message_memory memory;
  memory.make_room(10);
  memory.keep("0123456789");
  memory.make_room(message_memory::portion_bytes);
  const auto portion = memory.portion();
  const auto key = memory.keep("key");
  const auto value = memory.keep(std::string(message_memory::portion_bytes - 3, 'v'));
  EXPECT_EQ(memory.portion(), portion);
  EXPECT_EQ(key.data(), portion.get());
  EXPECT_EQ(value.data(), key.data() + 3);
}

TEST(message_memory, takes_what_is_larger_than_a_portion) {
  message_memory memory;
  const std::string large(message_memory::portion_bytes * 3, 'x');
  memory.make_room(large.size());
  EXPECT_EQ(memory.keep(large), large);
  memory.make_room(0);
  EXPECT_TRUE(memory.keep({}).empty());
}

}  // namespace
}  // namespace matricula
