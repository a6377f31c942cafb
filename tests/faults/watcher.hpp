// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deployment.hpp"

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace matricula::faults {

using steady_clock = std::chrono::steady_clock;

/// Looks every few milliseconds how far a run has come, past all forwarders: when a page was committed last, and when
/// each site last wrote a row.
class watcher {
 public:
  explicit watcher(const deployment& what);
  ~watcher();
  watcher(const watcher&) = delete;
  watcher& operator=(const watcher&) = delete;

  /// When something was next done after `from`; a grace period passes first, in which what a dead process had sent may
  /// still take effect. Nothing: not yet.
  std::optional<steady_clock::duration> page_after(steady_clock::time_point from) const;
  std::optional<steady_clock::duration> write_after(const std::string& site,
                                                    steady_clock::time_point from) const;

  std::optional<steady_clock::time_point> first_page() const;
  std::size_t pages_since(steady_clock::time_point from) const;

 private:
  using times = std::vector<steady_clock::time_point>;

  void watch_pages();
  void watch_site(const lane_site& site);
  std::optional<steady_clock::duration> after(const times& all, steady_clock::time_point from) const;

  const deployment& what_;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  times pages_;
  std::map<std::string, times> writes_;
  std::vector<std::thread> threads_;
};

}  // namespace matricula::faults
