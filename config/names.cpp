// SPDX-License-Identifier: Apache-2.0
#include "config/names.hpp"

#include <map>

namespace matricula::config {

void validate_name(const written_text& name, problem_list& problems) {
  if (name &&
      (name->size() > 60 || name->find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                                    "0123456789._-") != std::string::npos))
    problems.add(name.at, "\"" + name.literal + "\" is not a name",
                 "up to 60 letters without accents, digits, '.', '_' and '-'");
}

void validate_unique(const std::vector<const written_text*>& names, std::string_view heading,
                     problem_list& problems) {
  std::map<std::string, position> first;
  for (const auto* const name : names) {
    if (!*name)
      continue;
    const auto [found, is_new] = first.emplace(**name, name->at);
    if (!is_new)
      problems.add(name->at,
                   "two " + std::string{heading} + " are named \"" + name->literal +
                       "\"; the first is on line " + std::to_string(found->second.line),
                   "give each a name of its own");
  }
}

}  // namespace matricula::config
