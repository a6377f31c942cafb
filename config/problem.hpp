// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace matricula {

/// A place in a file, counted from 1; 0 means the file as a whole.
struct position {
  int line = 0;
  int column = 0;
};

/// One thing that is wrong with a topology file. Neither text ever holds what a reference stands for.
struct problem {
  std::string file;
  int line = 0;         ///< from 1; 0: the file as a whole
  int column = 0;       ///< in characters, from 1; 0: the file as a whole
  std::string what;     ///< what is wrong
  std::string instead;  ///< what to write instead
};

/// The problem as it is printed: "file:line:column: what", and "instead: …" on a line of its own.
std::string text_of(const problem& found);

/// Collects every problem of one file.
class problem_list {
 public:
  explicit problem_list(std::string file)
      : file_(std::move(file)) {}

  void add(position at, std::string what, std::string instead);
  bool empty() const { return found_.empty(); }

  /// The problems in the order of the file.
  std::vector<problem> take();

 private:
  std::string file_;
  std::vector<problem> found_;
};

}  // namespace matricula
