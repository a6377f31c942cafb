// SPDX-License-Identifier: Apache-2.0
#include "config/draw_graph.hpp"

#include <gtest/gtest.h>

namespace matricula {
namespace {

topology one_lane() {
  topology all;
  all.pipeline.name = "demo";
  all.sources.resize(1);
  all.sources[0].name = "itaca";
  all.sources[0].url = "http://opensesame/";
  all.lanes = {{"ESO", "46", "itaca", "ESO-46"}};
  all.sites.resize(1);
  all.sites[0].name = "eso46";
  all.sites[0].topics = {"ESO-46"};
  all.sites[0].target = "classrooms";
  all.sites[0].database = secret{"opensesame"};
  all.nodes = {{"one", "", {"itaca"}, {"eso46"}}, {"two", "", {"itaca"}, {}}};
  return all;
}

TEST(a_drawing, for_graphviz) {
  EXPECT_EQ(draw_dot(one_lane()), R"(digraph "demo" {
  rankdir=LR;
  node [fontname="sans-serif"];
  n0 [shape=ellipse, label="feed of itaca"];
  n1 [shape=box, label="source itaca\nevery 10s\non one, two"];
  n2 [shape=cylinder, label="ESO-46"];
  n3 [shape=box, label="site eso46\ntarget classrooms\non one"];
  n4 [shape=cylinder, label="matricula.quarantine"];
  n5 [shape=cylinder, label="matricula.outcomes"];
  n0 -> n1;
  n1 -> n2;
  n2 -> n3;
  n1 -> n4 [style=dashed, label="refused"];
  n3 -> n5;
  n3 -> n4 [style=dashed, label="refused"];
}
)");
}

TEST(a_drawing, for_markdown) {
  EXPECT_EQ(draw_mermaid(one_lane()), R"(flowchart LR
  n0(["feed of itaca"])
  n1["source itaca<br/>every 10s<br/>on one, two"]
  n2[("ESO-46")]
  n3["site eso46<br/>target classrooms<br/>on one"]
  n4[("matricula.quarantine")]
  n5[("matricula.outcomes")]
  n0 --> n1
  n1 --> n2
  n2 --> n3
  n1 -.->|refused| n4
  n3 --> n5
  n3 -.->|refused| n4
)");
}

TEST(a_drawing, escapes_quotes) {
  auto all = one_lane();
  all.sites[0].target = "a\"b";
  EXPECT_NE(draw_dot(all).find("target a\\\"b"), std::string::npos);
  EXPECT_NE(draw_mermaid(all).find("target a#quot;b"), std::string::npos);
}

}  // namespace
}  // namespace matricula
