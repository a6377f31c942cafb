// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

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

/// Decides whether an actor that ended is started again, and when: always after an outage; after a death unless it has
/// died more than `restarts_max` times with less than `window` of work between any two. The delays double, and begin anew
/// after so much work, those of outages if it was without a break. What it takes until it works is no work, however long.
/// The clock is the caller's, so tests own the time.
class restart_policy {
 public:
  using clock = std::chrono::steady_clock;
  using milliseconds = std::chrono::milliseconds;

  restart_policy(std::uint32_t restarts_max, milliseconds window, milliseconds delay_least,
                 milliseconds delay_greatest)
      : restarts_max_(restarts_max)
      , window_(window)
      , after_deaths_(delay_least, delay_greatest)
      , after_outages_(delay_least, delay_greatest) {}

  /// It works, or could, from `now` on.
  void works(clock::time_point now) {
    if (!works_since_)
      works_since_ = now;
  }

  /// It no longer does.
  void rests(clock::time_point now) {
    if (!works_since_)
      return;
    const auto worked = now - *std::exchange(works_since_, std::nullopt);
    worked_ += worked;
    if (worked >= window_)
      after_outages_.reset();
  }

  /// It died at `now`: the delay before its next start, or nothing if the supervisor is to give up and escalate.
  std::optional<milliseconds> died(clock::time_point now) {
    rests(now);
    if (std::exchange(worked_, clock::duration::zero()) >= window_) {
      deaths_ = 0;
      after_deaths_.reset();
    }
    if (deaths_ >= restarts_max_)
      return std::nullopt;
    ++deaths_;
    return after_deaths_.next();
  }

  /// It ended at `now` of an outage: the delay before its next start.
  milliseconds failed(clock::time_point now) {
    rests(now);
    return after_outages_.next();
  }

 private:
  std::uint32_t restarts_max_;
  milliseconds window_;
  back_off after_deaths_, after_outages_;
  std::uint32_t deaths_ = 0;
  clock::duration worked_ = clock::duration::zero();  ///< since the last death
  std::optional<clock::time_point> works_since_;
};

}  // namespace matricula
