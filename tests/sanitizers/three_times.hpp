// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What a program that provokes a race returns from main. On a busy machine one time may pass unseen: ThreadSanitizer
/// remembers only the last accesses. 1: `provoke` could not.
inline int three_times(bool (*provoke)()) {
  for (int time = 0; time < 3; ++time)
    if (!provoke())
      return 1;
  return 0;
}
