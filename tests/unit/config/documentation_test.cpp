// SPDX-License-Identifier: Apache-2.0
#include "config/durations.hpp"
#include "config/known_keys.hpp"
#include "config/limit_members.hpp"
#include "config/load.hpp"
#include "config/problem.hpp"
#include "config/topology.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <unistd.h>

namespace matricula::config {
namespace {

std::filesystem::path repository() { return MATRICULA_SOURCE_DIRECTORY; }

std::string page(const std::string& name) {
  std::ifstream in{repository() / name};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::string topology_page() { return page("docs/topology.md"); }

/// The page's topology: the indented block that begins with [pipeline].
std::string topology_of(const std::string& page) {
  std::istringstream lines{page.substr(std::min(page.find("\n    [pipeline]"), page.size() - 1) + 1)};
  std::string block;
  for (std::string line; std::getline(lines, line) && (line.empty() || line.starts_with("    "));)
    block += (line.empty() ? line : line.substr(4)) + "\n";
  return block;
}

/// The path that the page gives to `matricula check`.
std::string checked_in(const std::string& page) {
  constexpr std::string_view command = "\n    matricula check ";
  const auto begin = page.find(command);
  if (begin == std::string::npos)
    return {};
  const auto path = begin + command.size();
  return page.substr(path, page.find_first_of(" \n", path) - path);
}

/// Databases, and whatever else a page's topology refers to.
std::optional<std::string> everything_set(const std::string& name) {
  if (name.find("DATABASE") != std::string::npos)
    return "postgresql://localhost/eso46";
  return name.find("FEED") == std::string::npos ? "localhost:9092" : "http://localhost:8460/feed";
}

/// Does in a copy of the repository what the page says: writes its topology where it is checked, and loads it.
void expect_checks_as_written(const std::string& name) {
  namespace fs = std::filesystem;
  const auto text = page(name);
  const auto checked = checked_in(text);
  ASSERT_NE(checked, "") << name;
  const auto root = fs::temp_directory_path() / ("matricula-documentation-" + std::to_string(::getpid()));
  fs::remove_all(root);
  fs::create_directories(root / "config" / "topologies");
  fs::create_directory_symlink(repository() / "config" / "targets", root / "config" / "targets");
  std::ofstream{root / checked} << topology_of(text);
  const auto loaded = load_topology(root / checked, everything_set);
  for (const auto& problem : loaded.problems)
    ADD_FAILURE() << name << ": " << matricula::text_of(problem);
  EXPECT_EQ(loaded ? loaded.topology->sites.size() : 0, 1U) << name;
  fs::remove_all(root);
}

/// The part of the page below the heading of a table of the file.
std::string section_of(const known_table& table) {
  const auto page = topology_page();
  const auto begin = page.find("\n### `" + table.heading() + "`");
  if (begin == std::string::npos)
    return {};
  return page.substr(begin, page.find("\n### ", begin + 1) - begin);
}

TEST(the_documentation, has_first_topologies_that_can_be_checked_as_written) {
  expect_checks_as_written("README.md");
  expect_checks_as_written("docs/topology.md");
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
