// SPDX-License-Identifier: Apache-2.0
#include "cli/plan_tally.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <tuple>

namespace matricula {

void plan_tally::add(const planned_change& change) {
  things_[{change.kind, change.id}] = {change.centre, change.effect};
}

void plan_tally::print(std::size_t examples_max, std::ostream& out, const std::string& heading) const {
  struct line {
    std::size_t count = 0;
    std::string examples;
  };
  std::map<std::tuple<std::string, std::string, std::string>, line> lines;
  std::size_t widths[] = {7, 5, 2 + heading.size()};  // of the headings
  for (const auto& [named, what] : things_) {
    const auto& [kind, id] = named;
    auto& one = lines[{what.centre, kind, what.effect}];
    if (++one.count <= examples_max)
      one.examples += (one.examples.empty() ? "" : ", ") + id;
    else if (one.count == examples_max + 1)
      one.examples += examples_max == 0 ? "" : ", …";
    widths[0] = std::max(widths[0], what.centre.size());
    widths[1] = std::max(widths[1], kind.size());
    widths[2] = std::max(widths[2], what.effect.size());
  }
  const auto print_line = [&](const auto& centre, const auto& kind, const auto& effect, const auto& count,
                              const auto& examples) {
    out << fmt::format("  {:<{}}  {:<{}}  {:<{}}  {:>9}  {}\n", centre, widths[0], kind, widths[1], effect,
                       widths[2], count, examples);
  };
  print_line("CENTRE", "WHAT", heading, "HOW MANY", "SUCH AS");
  for (const auto& [by, one] : lines)
    print_line(std::get<0>(by), std::get<1>(by), std::get<2>(by), one.count, one.examples);
}

}  // namespace matricula
