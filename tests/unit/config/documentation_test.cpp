// SPDX-License-Identifier: Apache-2.0
#include "config/durations.hpp"
#include "config/known_keys.hpp"
#include "config/limit_members.hpp"
#include "config/problem.hpp"
#include "config/topology.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace matricula::config {
namespace {

std::string topology_page() {
  std::ifstream in{std::string{MATRICULA_SOURCE_DIRECTORY} + "/docs/topology.md"};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// The part of the page below the heading of a table of the file.
std::string section_of(const known_table& table) {
  const auto page = topology_page();
  const auto begin = page.find("\n### `" + table.heading() + "`");
  if (begin == std::string::npos)
    return {};
  return page.substr(begin, page.find("\n### ", begin + 1) - begin);
}

TEST(the_documentation, describes_every_key) {
  for (const auto& table : known_tables()) {
    const auto section = section_of(table);
    EXPECT_FALSE(section.empty()) << table.heading();
    for (const auto& key : table.keys)
      EXPECT_NE(section.find("\n| `" + std::string{key.name} + "` |"), std::string::npos)
          << table.heading() << " " << key.name;
  }
}

TEST(the_documentation, gives_every_limit_s_default_and_range) {
  const struct limits by_default;
  const auto& known = known_table_named("limits");
  const auto section = section_of(known);
  ASSERT_EQ(known.keys.size(), limit_members().size());
  for (const auto& member : limit_members()) {
    const auto* const key = known.find(member.name);
    ASSERT_NE(key, nullptr) << member.name;
    const auto value = member.read(by_default);
    EXPECT_GE(static_cast<std::int64_t>(value), key->least) << member.name;
    EXPECT_LE(static_cast<std::int64_t>(value), key->most) << member.name;
    const auto row = "\n| `" + std::string{member.name} + "` | " + std::to_string(value) + " | " +
                     std::to_string(key->least) + "–" + std::to_string(key->most) + " | ";
    EXPECT_NE(section.find(row), std::string::npos) << row;
  }
}

}  // namespace
}  // namespace matricula::config
