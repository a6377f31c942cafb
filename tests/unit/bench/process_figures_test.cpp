// SPDX-License-Identifier: Apache-2.0
#include "pipeline/process_figures.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

namespace matricula::bench {
namespace {

TEST(process_figures_test, a_peak_is_forgotten) {
  constexpr std::size_t bytes = 64U << 20;
  void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  std::memset(memory, 1, bytes);
  munmap(memory, bytes);
  const auto with_it = rss_peak_bytes(getpid());
  EXPECT_GE(with_it, bytes);
  forget_rss_peak(getpid());
  EXPECT_LE(rss_peak_bytes(getpid()), with_it - bytes / 2);
}

TEST(process_figures_test, of_a_process_that_is_gone_nothing_is_forgotten) {
  EXPECT_THROW(forget_rss_peak(0), std::runtime_error);
}

}  // namespace
}  // namespace matricula::bench
