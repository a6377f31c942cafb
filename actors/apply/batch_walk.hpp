// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/apply/site_store.hpp"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <utility>
#include <vector>

namespace matricula {

/// Leads a batch through a site in as few transactions as its poison allows: the whole batch first; where a
/// range is refused it is halved until the one record that cannot be written stands alone. That record is set
/// aside and the rest goes on. k bad records among n cost about k·log2(n) refused transactions. No record is set
/// aside that was refused only once: the cause may have been another session's row, which is there by now.
///
///     while (!walk.finished()) {
///       apply(walk.range(), walk.refused()) ? walk.applied() : walk.refuse(reason);
///     }
class batch_walk {
 public:
  explicit batch_walk(std::size_t records)
      : records_(records)
      , range_{0, records} {}

  bool finished() const { return range_.first == records_; }

  /// What to apply next. Precondition: !finished().
  batch_range range() const { return range_; }

  /// Records inside range() that were refused when they stood alone: to be skipped and quarantined.
  const std::vector<refused_record>& refused() const { return refused_; }

  /// Makes range() no longer than this; what follows comes with the next.
  void shorten(std::size_t records) { range_.last = std::min(range_.last, range_.first + records); }

  /// range() is durable.
  void applied() {
    holds_poison_ = holds_poison_ && refused_.empty();
    quarantined_ += refused_.size();
    refused_.clear();
    range_.first = range_.last;
    range_.last = records_;
    // What is left of the range refused last is likely to hold poison: do not try it whole again.
    if (bad_end_ > range_.first) {
      range_.last = bad_end_;
      halve();
    }
  }

  /// Some record of range() was refused.
  void refuse(failure reason) {
    if (range_.last - range_.first > 1 || bad_end_ < range_.last || !holds_poison_) {
      bad_end_ = range_.last;
      holds_poison_ = true;
      halve();
      return;
    }
    assert(refused_.empty());
    refused_.push_back({range_.first, std::move(reason)});
  }

  /// range() was refused without its record too, so the record is not the cause: it is part of the batch again.
  void take_back() { refused_.clear(); }

  /// Records set aside so far.
  std::size_t quarantined() const { return quarantined_; }

 private:
  // Keeps the first half; a range of one stays.
  void halve() {
    if (const auto size = range_.last - range_.first; size > 1)
      range_.last = range_.first + size / 2;
  }

  std::size_t records_;
  batch_range range_;
  std::size_t bad_end_ = 0;    // end of the range refused last
  bool holds_poison_ = false;  // it was refused, and none of its records has been set aside since
  std::vector<refused_record> refused_;
  std::size_t quarantined_ = 0;
};

}  // namespace matricula
