// SPDX-License-Identifier: Apache-2.0
#include "running_process.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

namespace matricula {
namespace {

class running_process_test : public ::testing::Test {
 protected:
  running_process_test() {
    running_process::on_sanitizer_report = [](const std::string& report) { reported() = report; };
    reported().clear();
    std::filesystem::create_directories(folder_);
  }
  ~running_process_test() override {
    running_process::on_sanitizer_report = before_;
    std::filesystem::remove_all(folder_);
  }

  static std::string& reported() {
    static std::string text;
    return text;
  }

  /// A program that has printed this, and works on.
  running_process printing(const std::string& text) {
    running_process program{{"/bin/sh", "-c", "echo \"$1\"; exec sleep 60", "sh", text},
                            folder_ / std::to_string(++started_)};
    EXPECT_TRUE(eventually([&] { return program.has_logged(text); }));
    return program;
  }

 private:
  void (*const before_)(const std::string&) = running_process::on_sanitizer_report;
  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("running_process_test_" + std::to_string(getpid()));
  int started_ = 0;
};

TEST_F(running_process_test, tells_what_a_sanitizer_said_of_a_program_that_is_killed) {
  for (const std::string line : {"==7==WARNING: ThreadSanitizer: data race (pid=7)",
                                 "a.cpp:1:2: runtime error: signed integer overflow"}) {
    reported().clear();
    printing("begun\n" + line);
    EXPECT_EQ(reported(), line + '\n');
  }
}

TEST_F(running_process_test, tells_it_when_another_program_takes_its_place) {
  auto program = printing("WARNING: ThreadSanitizer: data race (pid=7)");
  program = printing("begun");
  EXPECT_EQ(reported(), "WARNING: ThreadSanitizer: data race (pid=7)\n");
}

TEST_F(running_process_test, tells_nothing_of_other_words) {
  printing("no ThreadSanitizer here");
  EXPECT_EQ(reported(), "");
}

}  // namespace
}  // namespace matricula
