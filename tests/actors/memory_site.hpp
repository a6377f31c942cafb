// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/apply/site_store.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace matricula::testing {

/// A site's database in memory: rows, offsets and an outbox that change together. Fails by script.
class memory_site {
 public:
  struct row {
    std::string value;
    revision_t revision = 0;

    friend bool operator==(const row&, const row&) = default;
  };
  struct apply_call {
    std::size_t first = 0, last = 0, refused = 0;
    error_code outcome = error_code::none;

    friend bool operator==(const apply_call&, const apply_call&) = default;
  };
  using place = std::pair<std::string, std::int32_t>;

  // ---- the script
  bool down = false;               ///< no connection; those that are open break
  std::deque<failure> next_opens;  ///< what the next calls of open answer; code none: it happens
  std::deque<failure>
      next_applies;              ///< what the next calls of apply answer, without doing anything; likewise
  std::set<std::string> poison;  ///< keys that the database refuses
  /// In the next apply the connection breaks after the commit, or before it.
  enum class breaks { no, after_commit, before_commit } connection_breaks = breaks::no;
  std::size_t applies_before_break = 0;  ///< so many transactions happen before that one
  bool throws_after_commit = false;      ///< the next apply: its actor dies before it can answer
  std::deque<failure> next_takes, next_removals, next_advances;
  std::function<void()> after_take;  ///< happens once, when the next take has read entries

  // ---- the database
  std::map<place, stored_position> positions;
  std::map<std::string, row> rows;
  std::vector<std::string> quarantined;  ///< keys, in the order in which they were set aside
  std::deque<outbox_entry> outbox;

  // ---- what happened
  std::vector<apply_call> applies;
  std::size_t opens = 0, advances = 0, takes = 0, releases = 0, rows_written = 0;

  std::int64_t next_offset(const std::string& topic, std::int32_t partition) const {
    const auto found = positions.find({topic, partition});
    return found == positions.end() ? 0 : found->second.next_offset;
  }
  void add_outcome(std::string kind, std::string key, std::string value);

  // ---- the adapters
  site_store_ptr open_store();
  site_outbox_ptr open_outbox();

 private:
  std::int64_t outbox_id_ = 0;
};

}  // namespace matricula::testing
