// SPDX-License-Identifier: Apache-2.0
#include "cli/unknown_command.hpp"

#include "config/spelling.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace matricula {

std::string unknown_command(const CLI::App& app) {
  if (const auto given = app.get_subcommands(); !given.empty())
    return unknown_command(*given.front());
  const auto words = app.remaining();
  if (words.empty() || app.get_subcommands([](const CLI::App*) { return true; }).empty())
    return {};
  const auto& word = words.front();
  if (word.starts_with('-'))
    return "there is no option " + word + " before the command";
  std::vector<std::string> known;
  for (const auto* const command : app.get_subcommands([](const CLI::App*) { return true; }))
    known.push_back(command->get_name());
  return "there is no command \"" + word + "\"; " + config::instead_of(word, known);
}

}  // namespace matricula
