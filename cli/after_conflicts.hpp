// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "messages/errors.hpp"

#include <chrono>
#include <thread>

namespace matricula {

/// Calls `attempt`, a transaction at a site that runs, until no batch is in its way: twenty times at most. Answers its
/// last result. Blocking.
template <class Attempt>
auto after_conflicts(const Attempt& attempt) -> decltype(attempt()) {
  constexpr int conflicts_max = 20;
  constexpr std::chrono::milliseconds delay{250};
  for (int conflicts = 0;; ++conflicts) {
    auto outcome = attempt();
    if (outcome || outcome.error().code != error_code::database_conflict || conflicts == conflicts_max)
      return outcome;
    std::this_thread::sleep_for(delay);
  }
}

}  // namespace matricula
