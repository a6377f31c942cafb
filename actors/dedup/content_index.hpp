// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/dedup/content_table.hpp"
#include "messages/page.hpp"
#include "messages/receipts.hpp"

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

namespace matricula {

/// What topics hold of some keys, as key hash → content hash and revision, and what pages in flight are about to
/// add to it.
///
///     load* ─▶ (select ─▶ commit | take_back)*
///
/// A page's changes are tentative: later pages are compared with them, but they enter the table only when the
/// page is committed. A page that follows one that was taken back must be taken back too; the publisher's
/// sequence sees to that.
class content_index {
 public:
  /// An entry read from a topic. The greater revision of a key stays, whatever the order of the calls.
  void load(const index_entry& entry);

  /// Whether the record at this index of the page can be used. Asked of those that differ only: what is known has been
  /// found usable before.
  using usable = std::function<bool(std::uint32_t index)>;
  static bool every(std::uint32_t) { return true; }

  /// The share's records that differ from what is known, new keys and keys whose content hash is another, as far as
  /// they can be used. They become the tentative part of this page. Precondition: pages come in the order of their
  /// numbers, each once.
  std::vector<std::uint32_t> select(const record_batch& share, const usable& can_be_used = every);

  /// Likewise for a share of a page of retries. A topic may hold a record that a site refused: it passes all the
  /// same, unless one holds a newer revision of its key than the one that was refused.
  struct retried_selection {
    std::vector<std::uint32_t> changed;
    std::vector<settled_retry> settled;  ///< of every record of the share that can be used
  };
  retried_selection select_retries(const record_batch& share, const usable& can_be_used = every);

  /// The page is committed: its changes are the topic's content now. Precondition: it is the oldest in
  /// flight.
  void commit(std::uint64_t page_number);

  /// The page will not be committed: its changes are forgotten.
  void take_back(std::uint64_t page_number);

  /// Keys of committed records.
  std::size_t size() const { return table_.size(); }

  /// Pages selected and neither committed nor taken back.
  std::size_t pages_in_flight() const { return in_flight_.size(); }

 private:
  using changed_contents = absl::flat_hash_map<std::uint64_t, known_content>;

  struct tentative {
    std::uint64_t page_number = 0;
    changed_contents changes;
  };

  std::optional<known_content> find(std::uint64_t key_hash) const;

  content_table table_;
  std::deque<tentative> in_flight_;  // oldest first
};

}  // namespace matricula
