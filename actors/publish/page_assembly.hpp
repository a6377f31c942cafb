// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "messages/receipts.hpp"

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace matricula {

/// Puts pages together from their shares and lets them through in the order of their numbers. `Ticket` is
/// what the owner needs to answer a share; tickets come back exactly once, with the page that is complete or
/// with those that failed.
///
///     closed ──resume(n)──▶ open ──fail()──▶ broken ──the share of page n+1 comes──▶ open
///
/// After a failure every share in hand is sent back, and so is every later one until the failed page itself
/// comes again: pages that were decided upon while it seemed to succeed must be read again too.
template <class Ticket>
class page_assembly {
 public:
  struct entry {
    page_share_ptr share;
    Ticket ticket;
  };
  using entries = std::vector<entry>;

  /// Pages after `page_number` are accepted from now on, beginning with its successor.
  void resume(std::uint64_t page_number) {
    committed_ = page_number;
    open_ = true;
    broken_ = false;
  }

  /// Takes a share and returns true, or returns false: it is out of sequence, and the ticket stays the
  /// caller's.
  bool add(page_share_ptr share, Ticket& ticket) {
    const auto number = share->page->number;
    if (!open_ || number <= committed_ || (broken_ && number != committed_ + 1))
      return false;
    broken_ = false;
    pages_[number].push_back({std::move(share), std::move(ticket)});
    return true;
  }

  /// The page that may be committed next, if any of its shares has come; else null.
  const entries* current() const {
    const auto found = pages_.find(committed_ + 1);
    return found == pages_.end() ? nullptr : &found->second;
  }

  /// Whether every share of the current page has come.
  bool complete() const {
    const auto* shares = current();
    return shares != nullptr && shares->size() == shares->front().share->shares_total;
  }

  /// The current page is committed: its shares, to be answered. Precondition: complete().
  entries committed() {
    ++committed_;
    auto page = pages_.extract(committed_);
    return std::move(page.mapped());
  }

  /// The current page cannot be committed: all shares in hand, oldest page first, to be answered with an
  /// error.
  entries fail() {
    broken_ = true;
    entries all;
    for (auto& [number, shares] : pages_)
      for (auto& share : shares)
        all.push_back(std::move(share));
    pages_.clear();
    return all;
  }

  std::uint64_t last_committed() const { return committed_; }

  /// Pages of which at least one share is in hand.
  std::size_t pages_in_hand() const { return pages_.size(); }

 private:
  std::uint64_t committed_ = 0;
  bool open_ = false;
  bool broken_ = false;
  std::map<std::uint64_t, entries> pages_;
};

}  // namespace matricula
