// SPDX-License-Identifier: Apache-2.0
#include "actors/apply/postgres_array.hpp"
#include "actors/apply/postgres_text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace matricula {
namespace {

TEST(storable_text, keeps_utf8) {
  const std::string text = "Núria · ß · 中 · \xF0\x9F\x8E\x93 {\"a\": \"\\n\"}";
  EXPECT_EQ(storable_text(text, 1000), text);
}

TEST(storable_text, replaces_what_is_not_utf8) {
  EXPECT_EQ(storable_text("N\xFAria", 1000), "N\xEF\xBF\xBDria");
  EXPECT_EQ(storable_text("\xC0\x80", 1000), "\xEF\xBF\xBD\xEF\xBF\xBD");    // overlong
  EXPECT_EQ(storable_text("\xED\xA0\x80", 1000).size(), 9U);                 // a surrogate
  EXPECT_EQ(storable_text("\xF4\x90\x80\x80", 1000).size(), 12U);            // beyond U+10FFFF
  EXPECT_EQ(storable_text("a\xE2\x82", 1000), "a\xEF\xBF\xBD\xEF\xBF\xBD");  // cut short
  EXPECT_EQ(storable_text(std::string_view{"a\0b", 3}, 1000), "a\xEF\xBF\xBD"
                                                              "b");  // PostgreSQL takes no U+0000
}

TEST(storable_text, is_storable_where_nothing_is_replaced) {
  EXPECT_TRUE(is_storable("Núria"));
  EXPECT_TRUE(is_storable(""));
  EXPECT_FALSE(is_storable("N\xFAria"));
  EXPECT_FALSE(is_storable(std::string_view{"a\0b", 3}));
}

TEST(storable_text, cuts_between_characters) {
  EXPECT_EQ(storable_text("aé", 2), "a");
  EXPECT_EQ(storable_text("aé", 3), "aé");
  EXPECT_EQ(storable_text("abc", 0), "");
}

TEST(postgres_array, is_what_the_server_reads_as_an_array_of_texts) {
  postgres_array array{postgres_array::element::text};
  array.append("a\"b");
  array.append(std::string_view{});
  EXPECT_EQ(array.parameter().str(), (std::string{"\0\0\0\1\0\0\0\0\0\0\0\x19\0\0\0\2\0\0\0\1"
                                                  "\0\0\0\3a\"b\0\0\0\0",
                                                  31}));
}

TEST(postgres_array, writes_unsigned_numbers_as_bigint) {
  postgres_array array{postgres_array::element::bigint};
  array.append(~std::uint64_t{0});
  array.append(std::int64_t{5});
  EXPECT_EQ(array.parameter().str(),
            (std::string{"\0\0\0\1\0\0\0\0\0\0\0\x14\0\0\0\2\0\0\0\1"
                         "\0\0\0\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\0\0\x08\0\0\0\0\0\0\0\5",
                         44}));
}

TEST(postgres_array, may_be_empty) {
  EXPECT_EQ(postgres_array{postgres_array::element::text}.parameter().size(), 20U);
}

}  // namespace
}  // namespace matricula
