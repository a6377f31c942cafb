// SPDX-License-Identifier: Apache-2.0
#include "tests/faults/small_disk.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

namespace matricula::faults {
namespace {

TEST(small_disk_test, is_empty_again_though_another_process_holds_what_has_filled_it) {
  if (geteuid() != 0)
    GTEST_SKIP() << "only root can mount a file system";
  const auto where = std::filesystem::temp_directory_path() / ("matricula_disk_" + std::to_string(getpid()));
  {
    const small_disk disk{where};
    const auto at_first = std::filesystem::space(where).available;
    disk.fill();
    EXPECT_EQ(std::filesystem::space(where).available, 0U);
    const std::ifstream held{where / "in_the_way"};
    ASSERT_TRUE(held);
    disk.empty();
    EXPECT_EQ(std::filesystem::space(where).available, at_first);
  }
  std::filesystem::remove(where);
}

}  // namespace
}  // namespace matricula::faults
