// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace matricula::config {

/// How many characters must be inserted, removed, changed or swapped with their neighbour to make one word
/// the other (the optimal string alignment of Damerau 1964 and Levenshtein 1966), ASCII letters' case aside.
std::size_t edit_distance(std::string_view one, std::string_view other);

/// The word of `known` that `written` was probably meant to be: the nearest, if no more than a third of it
/// differs.
std::optional<std::string> nearest(std::string_view written, const std::vector<std::string>& known);

/// What to write instead of `written`: the nearest of `known`, or the choice.
std::string instead_of(std::string_view written, const std::vector<std::string>& known);

/// "a, b, c", each word once, or "none".
std::string listed(const std::vector<std::string>& words);

/// Equal, ASCII letters' case aside.
bool same_but_for_case(std::string_view one, std::string_view other);

}  // namespace matricula::config
