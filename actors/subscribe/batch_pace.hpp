// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>

namespace matricula {

/// How many records a partition's next batch may hold: as many as the site takes in a second or two, so that a slow one
/// holds its locks no longer than a fast one, and is drained in time. Begins small, since the first batch of a process
/// may meet a site that others keep busy; doubles while the site keeps up.
class batch_pace {
 public:
  using time = std::chrono::steady_clock::time_point;

  static constexpr std::size_t records_at_first = 2'500, records_min = 250;
  static constexpr std::chrono::milliseconds time_max{2'000};

  explicit batch_pace(std::size_t records_max)
      : records_max_(records_max)
      , records_(std::min(records_max, records_at_first)) {}

  std::size_t records() const { return records_; }

  void sent(std::size_t records, time now) { under_way_.push_back({records, now}); }

  /// The oldest batch sent was applied. The site takes one after the other.
  void answered(time now) {
    if (under_way_.empty())
      return;
    const auto batch = under_way_.front();
    under_way_.pop_front();
    const std::chrono::duration<double> took = now - std::max(batch.sent, answered_last_);
    answered_last_ = now;
    if (took > time_max)
      records_ = std::clamp(static_cast<std::size_t>(static_cast<double>(batch.records) * (time_max / took)),
                            std::min(records_min, records_max_), records_);
    else if (batch.records >= records_ && 2 * took <= time_max)
      records_ = std::min(2 * records_, records_max_);
  }

  /// What is under way will not be answered: another applier begins.
  void begin() { under_way_.clear(); }

 private:
  struct sent_batch {
    std::size_t records;
    time sent;
  };

  std::size_t records_max_, records_;
  std::deque<sent_batch> under_way_;
  time answered_last_;
};

}  // namespace matricula
