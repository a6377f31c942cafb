// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

namespace matricula {

/// Delays between tries: doubles from the least to the greatest, and falls back to the least after a success.
class back_off {
 public:
  using milliseconds = std::chrono::milliseconds;

  back_off(milliseconds least, milliseconds greatest)
      : least_(least)
      , greatest_(greatest)
      , next_(least) {}

  /// The delay before the next try.
  milliseconds next() {
    const auto delay = next_;
    next_ = next_ * 2 < greatest_ ? next_ * 2 : greatest_;
    return delay;
  }

  /// A try succeeded.
  void reset() { next_ = least_; }

 private:
  milliseconds least_, greatest_, next_;
};

/// Decides whether an actor that died is started again, and when: at most `restarts_max` times within any
/// `window`, each time after a delay that doubles. A calm window forgets. The clock is the caller's, so tests
/// own the time.
class restart_policy {
 public:
  using clock = std::chrono::steady_clock;
  using milliseconds = std::chrono::milliseconds;

  restart_policy(std::uint32_t restarts_max, milliseconds window, milliseconds delay_least,
                 milliseconds delay_greatest)
      : restarts_max_(restarts_max)
      , window_(window)
      , delays_(delay_least, delay_greatest) {}

  /// The actor died at `now`: the delay before its next start, or nothing if the supervisor is to give up and
  /// escalate.
  std::optional<milliseconds> died(clock::time_point now) {
    while (!deaths_.empty() && now - deaths_.front() > window_)
      deaths_.pop_front();
    if (deaths_.empty())
      delays_.reset();
    if (deaths_.size() >= restarts_max_)
      return std::nullopt;
    deaths_.push_back(now);
    ++restarts_;
    return delays_.next();
  }

  /// Restarts granted since the beginning.
  std::uint64_t restarts() const { return restarts_; }

 private:
  std::uint32_t restarts_max_;
  milliseconds window_;
  back_off delays_;
  std::deque<clock::time_point> deaths_;
  std::uint64_t restarts_ = 0;
};

}  // namespace matricula
