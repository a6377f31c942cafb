// SPDX-License-Identifier: Apache-2.0
#include "config/problem.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace matricula {

std::string text_of(const problem& found) {
  std::string text = found.file;
  if (found.line > 0)
    text += ':' + std::to_string(found.line) + ':' + std::to_string(found.column);
  text += ": " + found.what;
  if (!found.instead.empty())
    text += "\n    instead: " + found.instead;
  return text;
}

void problem_list::add(position at, std::string what, std::string instead) {
  found_.push_back({file_, at.line, at.column, std::move(what), std::move(instead)});
}

std::vector<problem> problem_list::take() {
  std::stable_sort(found_.begin(), found_.end(), [](const problem& one, const problem& other) {
    return std::tie(one.line, one.column) < std::tie(other.line, other.column);
  });
  return std::exchange(found_, {});
}

}  // namespace matricula
