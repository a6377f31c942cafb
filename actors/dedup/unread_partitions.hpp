// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "messages/site_batch.hpp"

#include <cstdint>
#include <optional>

namespace matricula {

/// The partitions that a scan has not read yet to where their ends were when it began.
///
/// A broker's word that a partition ends here counts only from there on: who has just become the leader may not know yet
/// that what it holds beyond is committed, and hands it out later.
class unread_partitions {
 public:
  void add(const topic_partition& where, std::int64_t end) { ends_[where] = end; }

  /// All before `next_offset` has been read, or is none of ours. Answers whether the partition is read to its end now;
  /// nothing if it was before, or is none of ours.
  std::optional<bool> reach(const topic_partition& where, std::int64_t next_offset) {
    const auto found = ends_.find(where);
    if (found == ends_.end())
      return std::nullopt;
    if (next_offset < found->second)
      return false;
    ends_.erase(found);
    return true;
  }

  bool empty() const { return ends_.empty(); }

 private:
  partition_offsets ends_;
};

}  // namespace matricula
