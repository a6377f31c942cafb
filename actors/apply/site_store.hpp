// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "messages/errors.hpp"
#include "messages/page.hpp"
#include "messages/site_batch.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace matricula {

/// What a site's database knows of a partition.
struct stored_position {
  std::int64_t next_offset = 0;     ///< where to read on; 0 for a partition never seen
  revision_t revision_applied = 0;  ///< the greatest revision applied from it
};

/// A consecutive part of a batch, [first, last), that is applied or fails as a whole.
struct batch_range {
  std::size_t first = 0, last = 0;
};

/// What applying a range changed in the site, in enrolments.
struct applied_counts {
  std::uint64_t created = 0, changed = 0, withdrawn = 0, unchanged = 0;
  std::uint64_t superseded = 0;  ///< left alone because the site holds a newer revision
  std::uint64_t held = 0;        ///< withdrawals that the target holds back, for somebody to decide on

  applied_counts& operator+=(const applied_counts& other) {
    created += other.created;
    changed += other.changed;
    withdrawn += other.withdrawn;
    unchanged += other.unchanged;
    superseded += other.superseded;
    held += other.held;
    return *this;
  }
};

/// A record that the site refused, for the quarantine topic.
struct refused_record {
  std::size_t index = 0;  ///< into site_batch::records
  failure reason;
};

/// One partition's way into a site's database: the adapter around PostgreSQL, or a double in memory.
/// Blocking; used by one thread. No call throws.
///
/// Order of calls: open, then any of apply, advance and look. After database_unavailable every call but open
/// answers the same until open has succeeded again; open connects anew.
class site_store {
 public:
  virtual ~site_store() = default;

  /// Connects, installs the bookkeeping tables and the target's own where missing, and answers where to read
  /// on. Errors: database_unavailable, database_refuses, target_broken.
  virtual result<stored_position> open(const topic_partition& from) = 0;

  /// Applies a range of a batch in one transaction that moves the stored offset from `expected` to `next`: on
  /// success all of it is durable, on failure nothing is. With one exception: after database_unavailable the
  /// commit may have happened; open tells, by its offset. Records refused earlier are listed in `refused`:
  /// they are skipped and quarantined in the same transaction. A range of which every record is known
  /// unchanged is not written at all: the offset stays, and `stored` says so. Errors: partition_lost,
  /// database_unavailable, database_conflict, database_refuses, row_refused (at least one record of the range
  /// cannot be written; which one is for the caller to find), target_broken.
  struct applied {
    applied_counts counts;
    bool offset_stored = true;  ///< false: nothing differed, nothing was written; call advance at leisure
    /// Records that the store itself found unusable before it wrote any: quarantined in the same transaction.
    std::vector<refused_record> refused = {};
  };
  virtual result<applied> apply(const site_batch& batch, batch_range range,
                                const std::vector<refused_record>& refused, std::int64_t expected,
                                std::int64_t next) = 0;

  /// Moves the stored offset without rows. Errors: partition_lost, database_unavailable, database_refuses.
  virtual result<done> advance(std::int64_t expected, std::int64_t next) = 0;

  /// The stored offset as it is now. Errors: database_unavailable.
  virtual result<std::int64_t> look() = 0;
};

using site_store_ptr = std::unique_ptr<site_store>;

/// An entry of a site's outbox, on its way to Kafka.
struct outbox_entry {
  std::int64_t id = 0;
  std::string kind;  ///< "outcome" or "quarantine"
  std::string key, value;
};

/// The site's outbox, which appliers fill in their transactions and the reporter empties. Blocking; no call
/// throws.
class site_outbox {
 public:
  virtual ~site_outbox() = default;

  /// Locks and answers the oldest entries, at most `entries_max`, in order; none if another reporter holds
  /// the outbox. Connects if need be. Errors: database_unavailable, database_refuses.
  virtual result<std::vector<outbox_entry>> take(std::size_t entries_max) = 0;

  /// Removes what take answered: it is in Kafka now. Errors: database_unavailable, database_refuses.
  virtual result<done> remove_taken() = 0;

  /// Gives back what take answered.
  virtual void release() = 0;
};

using site_outbox_ptr = std::unique_ptr<site_outbox>;

}  // namespace matricula
