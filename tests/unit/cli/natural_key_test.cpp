// SPDX-License-Identifier: Apache-2.0
#include "cli/natural_key.hpp"

#include "given_record.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace matricula {
namespace {

using ::testing::HasSubstr;

TEST(natural_key, reads_what_a_record_writes) {
  auto record = given_record();
  record.group_code = "1/A~";
  const auto key = natural_key::read(key_of(record));
  ASSERT_TRUE(key);
  EXPECT_EQ(key->year, "2026");
  EXPECT_EQ(key->centre, "46012345");
  EXPECT_EQ(key->province(), "46");
  EXPECT_EQ(key->group, "1/A~");
  EXPECT_EQ(key->person, "10000001");
  EXPECT_EQ(key->role, "student");
}

TEST(natural_key, knows_parts_of_a_broken_record) {
  const auto key = natural_key::read("2026/46012345////10000001/");
  ASSERT_TRUE(key);
  EXPECT_EQ(key->person, "10000001");
  EXPECT_EQ(key->role, "");
}

TEST(natural_key, is_nothing_else) {
  for (const char* text : {"", "a/b", "1/2/3/4/5/6", "1/2/3/4/5/6/7/8", "1/2/3/4/5/~2/7", "1/2/3/4/5/6~/7"})
    EXPECT_FALSE(natural_key::read(text)) << text;
}

TEST(natural_key, says_what_is_wrong_with_one_that_was_typed) {
  EXPECT_FALSE(fault_of_key("2026/46012345/1/MAT/1A/10000001/student"));
  EXPECT_THAT(fault_of_key("10000001").value(), HasSubstr("year/centre/course/subject/group/person/role"));
  EXPECT_THAT(fault_of_key("26/46012345/1/MAT/1A/10000001/student").value(), HasSubstr("the year, \"26\""));
  EXPECT_THAT(fault_of_key("2026/IES/1/MAT/1A/10000001/student").value(), HasSubstr("the centre, \"IES\""));
  EXPECT_THAT(fault_of_key("2026/46012345/1/MAT/1A/10000001/pupil").value(),
              HasSubstr("the role, \"pupil\""));
  EXPECT_THAT(fault_of_key("2026/46012345/1/MAT//10000001/student").value(), HasSubstr("empty"));
}

}  // namespace
}  // namespace matricula
