// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/topology.hpp"

#include <string>
#include <vector>

namespace matricula {

/// An edge of the graph as an operator sees it: between two things that fail apart.
struct edge {
  std::string from;       ///< such as "feed", "source:itaca" or "ESO-46"
  std::string to;         ///< the same; several topics are joined by commas
  std::string guarantee;  ///< "exactly once", "at least once" …
  std::string because;    ///< how it is kept, and what bounds the edge
};

/// Every edge, in the order in which a record meets them.
std::vector<edge> edges_of(const topology& all);

/// The edges as `matricula check` prints them: one paragraph for each.
std::string text_of(const std::vector<edge>& edges);

}  // namespace matricula
