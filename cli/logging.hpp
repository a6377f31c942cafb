// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

namespace matricula {

class live_board;

/// Logs go above the board, one line each, for people.
void log_to_board(std::shared_ptr<live_board> board, const std::string& level);

/// Logs go to standard error as JSON lines: {"time": …, "level": …, "text": …}.
void log_to_json(const std::string& level);

}  // namespace matricula
