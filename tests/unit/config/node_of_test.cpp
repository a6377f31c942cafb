// SPDX-License-Identifier: Apache-2.0
#include "config/node_of.hpp"

#include <gmock/gmock.h>

namespace matricula {
namespace {

using ::testing::ElementsAre;

topology two_nodes() {
  topology all;
  all.pipeline.name = "demo";
  all.sources.resize(1);
  all.sources[0].name = "itaca";
  all.sites.resize(2);
  all.sites[0].name = "eso46";
  all.sites[1].name = "fp46";
  all.nodes = {{"one", "", {"itaca"}, {"eso46"}}, {"two", "localhost:2", {"itaca"}, {"fp46"}}};
  return all;
}

TEST(a_process, runs_everything_without_a_node) {
  const auto node = node_of(two_nodes(), std::nullopt);
  ASSERT_TRUE(node);
  EXPECT_EQ(node->name, "demo");
  EXPECT_EQ(node->listen, "localhost:2");
  EXPECT_THAT(node->sources, ElementsAre("itaca"));
  EXPECT_THAT(node->sites, ElementsAre("eso46", "fp46"));
}

TEST(a_process, runs_everything_where_the_topology_has_no_node) {
  auto all = two_nodes();
  all.nodes.clear();
  const auto node = node_of(all, std::nullopt);
  ASSERT_TRUE(node);
  EXPECT_EQ(node->listen, "");
  EXPECT_THAT(node->sites, ElementsAre("eso46", "fp46"));
}

TEST(a_process, is_the_only_node) {
  auto all = two_nodes();
  all.nodes.resize(1);
  EXPECT_EQ(node_of(all, std::nullopt)->name, "one");
}

TEST(a_process, runs_what_its_node_runs) {
  const auto node = node_of(two_nodes(), "two");
  ASSERT_TRUE(node);
  EXPECT_THAT(node->sources, ElementsAre("itaca"));
  EXPECT_THAT(node->sites, ElementsAre("fp46"));
}

TEST(a_process, is_told_which_nodes_there_are) {
  auto all = two_nodes();
  EXPECT_FALSE(node_of(all, "twoo"));
  EXPECT_EQ(unknown_node(all, "twoo"), "no [[node]] is named \"twoo\"; did you mean \"two\"?");
  EXPECT_EQ(unknown_node(all, "north"), "no [[node]] is named \"north\"; one of: one, two");
  all.nodes.clear();
  EXPECT_EQ(unknown_node(all, "one"),
            "no [[node]] is named \"one\"; the topology has none, so leave out --node");
}

}  // namespace
}  // namespace matricula
