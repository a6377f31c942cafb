// SPDX-License-Identifier: Apache-2.0
#include "config/load.hpp"

#include <gmock/gmock.h>

namespace matricula {
namespace {

using ::testing::ElementsAre;

/// Every variable is set: databases to different ones.
std::optional<std::string> everything_set(const std::string& name) {
  if (name == "MATRICULA_KAFKA")
    return "localhost:9092";
  if (name == "MATRICULA_FEED")
    return "http://localhost:8080/feed";
  if (name.starts_with("MATRICULA_DATABASE_"))
    return "postgresql://matricula@localhost/" + name;
  return std::nullopt;
}

topology shipped(const std::string& name) {
  const auto loaded = load_topology(
      std::filesystem::path{MATRICULA_SOURCE_DIRECTORY} / "config" / "topologies" / name, everything_set);
  for (const auto& problem : loaded.problems)
    ADD_FAILURE() << text_of(problem);
  return loaded.topology.value_or(topology{});
}

std::vector<std::string> site_names(const topology& all) {
  std::vector<std::string> names;
  for (const auto& site : all.sites)
    names.push_back(site.name);
  return names;
}

TEST(shipped_topologies, demo_has_two_lanes_of_two_sites) {
  const auto all = shipped("demo.toml");
  EXPECT_EQ(all.lanes.size(), 2U);
  EXPECT_THAT(site_names(all), ElementsAre("eso46", "fp46"));
}

TEST(shipped_topologies, demo_moodle_has_two_sites_with_settings_of_their_own) {
  const auto all = shipped("demo_moodle.toml");
  ASSERT_THAT(site_names(all), ElementsAre("eso46", "fp46"));
  EXPECT_EQ(all.sites[0].settings.at("classrooms"), "merged");
  EXPECT_EQ(all.sites[1].settings.at("classrooms"), "per group");
}

TEST(shipped_topologies, eso_has_three_provinces) {
  const auto all = shipped("eso.toml");
  EXPECT_EQ(all.lanes.size(), 3U);
  EXPECT_THAT(site_names(all), ElementsAre("eso03", "eso12", "eso46"));
}

TEST(shipped_topologies, valencia_has_eight_flavours_in_three_provinces_on_two_nodes) {
  const auto all = shipped("valencia.toml");
  EXPECT_EQ(all.lanes.size(), 24U);
  EXPECT_EQ(all.sites.size(), 10U);
  std::size_t read = 0;
  for (const auto& site : all.sites)
    read += site.topics.size();
  EXPECT_EQ(read, 24U) << "every lane's topic is read by one site";
  ASSERT_EQ(all.nodes.size(), 2U);
  EXPECT_EQ(all.nodes[0].sources, all.nodes[1].sources) << "one of the two is the source's standby";
}

}  // namespace
}  // namespace matricula
