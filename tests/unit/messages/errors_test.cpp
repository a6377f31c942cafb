// SPDX-License-Identifier: Apache-2.0
#include "messages/errors.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <map>
#include <string>

namespace matricula {
namespace {

using enum failure_class;

/// How each code is met. Without a default: a new code does not compile before it stands here.
failure_class expected_class(error_code code) {
  switch (code) {
  case error_code::none:
    return none;
  case error_code::source_unavailable:
  case error_code::page_cut:
  case error_code::page_invalid:
  case error_code::page_miscounted:
  case error_code::cursor_unknown:
  case error_code::kafka_unavailable:
  case error_code::transaction_aborted:
  case error_code::database_unavailable:
  case error_code::database_conflict:
  case error_code::database_refuses:
  case error_code::downstream_lost:
  case error_code::out_of_sequence:
    return outage;
  case error_code::publisher_fenced:
  case error_code::partition_lost:
    return handover;
  case error_code::record_not_object:
  case error_code::record_too_large:
  case error_code::record_not_utf8:
  case error_code::field_missing:
  case error_code::field_type:
  case error_code::field_value:
  case error_code::lane_unknown:
  case error_code::row_refused:
    return poison;
  case error_code::topic_mismatch:
  case error_code::offset_out_of_log:
  case error_code::target_broken:
    return configuration;
  case error_code::stopping:
    return stopping;
  }
  return none;
}

std::string_view word_of(failure_class kind) {
  constexpr std::string_view words[] = {"none", "outage", "handover", "poison", "configuration", "stopping"};
  return words[static_cast<std::size_t>(kind)];
}

/// What the header says of each code, from its class on: name → "outage: the feed is …".
std::map<std::string, std::string> lines_of_the_header() {
  std::ifstream header{MATRICULA_SOURCE_DIRECTORY "/messages/errors.hpp"};
  std::map<std::string, std::string> said;
  bool inside = false;
  for (std::string line; std::getline(header, line);) {
    inside = (inside && line != "};") || line.find("enum class error_code") != std::string::npos;
    const auto comment = line.find("///< ");
    if (inside && comment != std::string::npos)
      said[line.substr(2, line.find(',') - 2)] = line.substr(comment + 5);
  }
  return said;
}

constexpr int codes_total = static_cast<int>(error_code::stopping) + 1;

TEST(error_codes, are_each_met_in_one_way) {
  for (int number = 0; number < codes_total; ++number) {
    const auto code = static_cast<error_code>(number);
    EXPECT_EQ(class_of(code), expected_class(code)) << name_of(code);
  }
}

TEST(error_codes, have_names_of_their_own) {
  for (int number = 0; number < codes_total; ++number) {
    const auto code = static_cast<error_code>(number);
    EXPECT_NE(name_of(code), "") << number;
    EXPECT_EQ(error_code_named(name_of(code)), code);
  }
  EXPECT_EQ(name_of(static_cast<error_code>(codes_total)), "") << "the last code is another one";
  EXPECT_EQ(error_code_named("nothing of ours"), std::nullopt);
  EXPECT_EQ(error_code_named(""), std::nullopt);
}

TEST(error_codes, say_their_class_where_they_are_declared) {
  const auto said = lines_of_the_header();
  EXPECT_EQ(said.size(), static_cast<std::size_t>(codes_total - 1));
  for (const auto& [name, line] : said) {
    const auto code = error_code_named(name);
    ASSERT_TRUE(code) << name;
    EXPECT_EQ(line.substr(0, line.find(':')), word_of(class_of(*code))) << name;
  }
}

}  // namespace
}  // namespace matricula
