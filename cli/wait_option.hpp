// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace matricula {

/// Adds --wait, a duration such as 30s, to a command. What is given, and has been found to be a duration, is
/// left in `wait`, which must outlive the command.
CLI::Option* add_wait_option(CLI::App& command, std::string& wait, const std::string& description);

}  // namespace matricula
