// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/supervise/adapters.hpp"
#include "actors/supervise/throwing_adapters.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace matricula {

/// How a run of the graph ended.
enum class run_outcome {
  stopped,   ///< it was told to stop, and drained
  finished,  ///< every page asked for is applied at every site
  gave_up,   ///< an actor died too often, or a supervisor itself
  stuck      ///< it was told to stop, and did not drain in time
};

/// Runs the graph of a deployment until it ends. Blocks.
struct graph_process {
  deployment_ptr deployment;
  std::chrono::milliseconds figures_every{1'000};
  std::vector<planned_crash> crashes;  ///< those with a call are left to throwing_adapters
  /// Called every figures_every without the pages' own figures, and once at the end with them.
  std::function<void(const std::string& figures_json)> on_figures;
  /// Called, on a thread of its own unless `stuck`, when the graph was told to stop and did not drain within
  /// limits.drain_timeout_ms, or when it has ended in another way and an actor's thread hangs in a call as long after
  /// that. It ends the process; if it returns, run waits for that thread.
  std::function<void(run_outcome)> on_stuck;

  /// SIGTERM and SIGINT must be blocked in the calling thread before any other thread starts. The first of
  /// them stops the graph from the source; a second one ends the process at once, with exit_failed: Kafka and
  /// the databases roll back what is not committed.
  run_outcome run() const;
};

}  // namespace matricula
