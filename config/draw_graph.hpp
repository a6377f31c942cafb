// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/topology.hpp"

#include <string>

namespace matricula {

/// The topology in Graphviz's language: feeds, sources, topics, sites and what they report, from left to
/// right.
std::string draw_dot(const topology& all);

/// The same as a Mermaid flowchart, which fits into Markdown.
std::string draw_mermaid(const topology& all);

}  // namespace matricula
