// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/apply/postgres_session.hpp"

#include <cstddef>
#include <iosfwd>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace matricula {

/// Sums up what batches would do. Each batch is tried against the site as it is, so that a classroom that several of them
/// would make is told by each: it counts once, with what the last of them says.
class plan_tally {
 public:
  void add(const planned_change& change);

  /// A line for each centre, kind and effect, with how many and the first `examples_max` ids. `heading` stands above the
  /// effects.
  void print(std::size_t examples_max, std::ostream& out, const std::string& heading = "WOULD") const;

  bool empty() const { return things_.empty(); }

 private:
  struct thing {
    std::string centre, effect;
  };
  std::map<std::pair<std::string, std::string>, thing> things_;  ///< by kind and id
};

}  // namespace matricula
