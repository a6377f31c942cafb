// SPDX-License-Identifier: Apache-2.0
#include "config/spelling.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace matricula::config {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::size_t edit_distance(std::string_view one, std::string_view other) {
  // A row holds the distances of the first characters of `one` to every beginning of `other`.
  std::vector<std::size_t> before_last, last, row(other.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  const auto same = [&](std::size_t i, std::size_t j) { return lower(one[i]) == lower(other[j]); };
  for (std::size_t i = 0; i < one.size(); ++i) {
    before_last = std::exchange(last, row);
    row[0] = i + 1;
    for (std::size_t j = 0; j < other.size(); ++j) {
      row[j + 1] = std::min({last[j] + (same(i, j) ? 0 : 1), row[j] + 1, last[j + 1] + 1});
      if (i > 0 && j > 0 && same(i, j - 1) && same(i - 1, j))
        row[j + 1] = std::min(row[j + 1], before_last[j - 1] + 1);
    }
  }
  return row.back();
}

std::optional<std::string> nearest(std::string_view written, const std::vector<std::string>& known) {
  std::optional<std::string> found;
  std::size_t least = std::max<std::size_t>(1, written.size() / 3) + 1;
  for (const auto& word : known) {
    const auto distance = edit_distance(written, word);
    if (distance < least) {
      least = distance;
      found = word;
    }
  }
  return found;
}

std::string instead_of(std::string_view written, const std::vector<std::string>& known) {
  if (auto word = nearest(written, known))
    return "did you mean \"" + *word + "\"?";
  return "one of: " + listed(known);
}

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (auto word = words.begin(); word != words.end(); ++word)
    if (std::find(words.begin(), word, *word) == word)
      text += (text.empty() ? "" : ", ") + *word;
  return text.empty() ? "none" : text;
}

bool same_but_for_case(std::string_view one, std::string_view other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

}  // namespace matricula::config
