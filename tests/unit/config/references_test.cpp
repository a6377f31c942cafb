// SPDX-License-Identifier: Apache-2.0
#include "config/references.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace matricula::config {
namespace {

std::optional<std::string> two_variables(const std::string& name) {
  if (name == "HOST")
    return "localhost";
  if (name == "PORT_2")
    return "9092";
  if (name == "EMPTY")
    return "";
  return std::nullopt;
}

dereferenced follow(std::string_view written) {
  return follow_references(written, two_variables, "/nowhere");
}

TEST(a_reference, may_stand_anywhere_in_a_text) {
  EXPECT_EQ(follow("${HOST}:${PORT_2}").text, "localhost:9092");
  EXPECT_EQ(follow("http://${HOST}/feed").text, "http://localhost/feed");
  EXPECT_TRUE(follow("${HOST}").is_reference);
}

TEST(a_reference, is_not_every_dollar_and_brace) {
  const auto plain = follow("{flavour}-{province} for 5 $");
  EXPECT_EQ(plain.text, "{flavour}-{province} for 5 $");
  EXPECT_FALSE(plain.is_reference);
}

TEST(a_reference, is_followed_once) {
  const auto lookup = [](const std::string&) -> std::optional<std::string> { return "${HOST}"; };
  EXPECT_EQ(follow_references("${X}", lookup, "/nowhere").text, "${HOST}");
}

TEST(a_reference, that_leads_nowhere_says_so) {
  EXPECT_EQ(follow("${MISSING}").what, "the environment variable MISSING is not set");
  EXPECT_EQ(follow("${EMPTY}").what, "the environment variable EMPTY is empty");
  EXPECT_EQ(follow("${HOST").text, std::nullopt);
  EXPECT_EQ(follow("${1X}").text, std::nullopt);
  EXPECT_EQ(follow("file:missing").what, "the file /nowhere/missing cannot be read");
}

TEST(a_reference, to_a_file_stands_for_its_content_without_the_last_line_end) {
  const auto folder = std::filesystem::path{::testing::TempDir()};
  std::ofstream{folder / "matricula_secret"} << "open sesame\r\n";
  EXPECT_EQ(follow_references("file:matricula_secret", two_variables, folder).text, "open sesame");
  EXPECT_EQ(follow("file:" + (folder / "matricula_secret").string()).text, "open sesame");
  std::ofstream{folder / "matricula_secret"} << "\n";
  EXPECT_EQ(follow_references("file:matricula_secret", two_variables, folder).text, std::nullopt);
  std::filesystem::remove(folder / "matricula_secret");
}

TEST(a_reference, leaves_the_rest_of_the_text_to_be_read_by_anybody) {
  EXPECT_EQ(literal_part("postgresql://user:${PASSWORD}@db/x"), "postgresql://user:@db/x");
  EXPECT_EQ(literal_part("file:/run/secrets/x"), "");
  EXPECT_EQ(literal_part("plain"), "plain");
}

TEST(the_system_s_environment, is_that_of_the_process) {
  ::setenv("MATRICULA_TEST_VARIABLE", "7", 1);
  EXPECT_EQ(system_environment()("MATRICULA_TEST_VARIABLE"), "7");
  ::unsetenv("MATRICULA_TEST_VARIABLE");
  EXPECT_EQ(system_environment()("MATRICULA_TEST_VARIABLE"), std::nullopt);
}

}  // namespace
}  // namespace matricula::config
