// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>

namespace matricula::bench {

/// So many items, and bytes, in every iteration.
inline void count(benchmark::State& state, std::uint64_t items, std::uint64_t bytes = 0) {
  const auto iterations = static_cast<std::int64_t>(state.iterations());
  state.SetItemsProcessed(static_cast<std::int64_t>(items) * iterations);
  if (bytes > 0)
    state.SetBytesProcessed(static_cast<std::int64_t>(bytes) * iterations);
}

}  // namespace matricula::bench
