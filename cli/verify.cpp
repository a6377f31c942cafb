// SPDX-License-Identifier: Apache-2.0
#include "cli/command.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <iostream>

namespace matricula {

void add_verify_command(CLI::App& app, int& exit_code) {
  auto* const command = app.add_subcommand("verify", "Compare topics with sites, key by key");
  command->allow_extras();
  command->callback([&exit_code] {
    std::cerr << "matricula verify: not there yet\n";
    exit_code = exit_failed;
  });
}

}  // namespace matricula
