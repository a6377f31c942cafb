// SPDX-License-Identifier: Apache-2.0
#include "cli/wait_option.hpp"

#include "config/durations.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace matricula {

CLI::Option* add_wait_option(CLI::App& command, std::string& wait, const std::string& description) {
  return command.add_option("--wait", wait, description + ", such as 500ms, 30s or 2m")
      ->check([](const std::string& text) {
        return config::duration_from(text) ? std::string{}
                                           : "not a duration such as 500ms, 30s or 2m: " + text;
      });
}

}  // namespace matricula
