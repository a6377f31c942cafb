// SPDX-License-Identifier: Apache-2.0
#include "cli/portions.hpp"

#include <thread>

namespace matricula {
namespace {

constexpr int conflicts_max = 20;

}  // namespace

result<done> do_in_portions(const std::function<result<bool>()>& portion,
                            std::chrono::milliseconds conflict_delay) {
  for (int conflicts = 0;;) {
    const auto more = portion();
    if (!more && more.error().code == error_code::database_conflict && ++conflicts <= conflicts_max) {
      std::this_thread::sleep_for(conflict_delay);
      continue;
    }
    if (!more)
      return more.error();
    if (!*more)
      return done{};
    conflicts = 0;
  }
}

}  // namespace matricula
