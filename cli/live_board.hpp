// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

namespace matricula {

/// A few lines at the bottom of a terminal that are drawn over again, with log lines scrolling by above them.
/// Thread-safe.
class live_board {
 public:
  /// Draws these lines in place of the ones before.
  void show(std::vector<std::string> lines);

  /// Prints a line above the board.
  void print_above(const std::string& line);

 private:
  void erase() const;
  void draw() const;

  std::mutex mutex_;
  std::vector<std::string> lines_;
};

/// The board's lines from a run's figures: one per source and site.
std::vector<std::string> board_lines(const std::string& figures_json);

}  // namespace matricula
