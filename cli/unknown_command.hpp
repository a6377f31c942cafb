// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace matricula {

/// After `app` has refused a command line: what to tell whoever wrote a word where a command belongs, with
/// the nearest command; empty if there is no such word.
std::string unknown_command(const CLI::App& app);

}  // namespace matricula
