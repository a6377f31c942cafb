// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "judge.hpp"

#include <cstdint>
#include <string>
#include <utility>

namespace matricula::faults {

/// Counts, and keeps the first key that this one was told.
class finding {
 public:
  finding(verdict& into, std::uint64_t& count, const char* kind)
      : into_(into)
      , count_(count)
      , kind_(kind) {}
  void operator()(const std::string& key) {
    ++count_;
    if (!std::exchange(any_, true))
      into_.example += std::string{into_.example.empty() ? "" : "; "} + kind_ + ' ' + key;
  }

 private:
  verdict& into_;
  std::uint64_t& count_;
  const char* kind_;
  bool any_ = false;
};

}  // namespace matricula::faults
