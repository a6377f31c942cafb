// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "messages/site_batch.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <variant>
#include <vector>

namespace matricula {

/// A message as the consumer hands it out; the memory behind the views is shared by whoever keeps a batch of
/// them.
struct consumed_message {
  topic_partition from;
  consumed_record record;
  std::shared_ptr<const void> memory;
};

/// The group gave us these partitions. They are paused until told where to begin.
struct partitions_assigned {
  std::vector<topic_partition> partitions;
};

/// The group took these away, or we lost them.
struct partitions_revoked {
  std::vector<topic_partition> partitions;
};

/// Something is wrong with the consumer or one of its partitions (`where.topic` empty: with the whole). Of the code
/// partition_lost this consumer is of no more use: it takes another.
struct consumer_problem {
  topic_partition where;
  failure reason;
};

using consumer_event =
    std::variant<std::monostate, consumed_message, partitions_assigned, partitions_revoked, consumer_problem>;

/// A member of a consumer group that reads committed messages. Used by one thread; no call blocks for long or
/// throws.
class group_consumer {
 public:
  virtual ~group_consumer() = default;

  /// `ready` is called, from any thread, when poll may have something new; it must not block.
  virtual void on_ready(std::function<void()> ready) = 0;

  virtual result<done> subscribe(const std::vector<std::string>& topics) = 0;

  /// The next event, or monostate if there is none now. To be called until it answers that; and at least once
  /// a minute.
  virtual consumer_event poll() = 0;

  /// Reads the partition from `offset` on (0: from its start) and resumes it. Answers kafka_unavailable while
  /// the partition is not ready for it: try again.
  virtual result<done> begin(const topic_partition& from, std::int64_t offset) = 0;
  virtual void pause(const topic_partition& from) = 0;
  virtual void resume(const topic_partition& from) = 0;

  /// Entries of the partition from `next_offset` on, as far as the broker has told with what it sent: 0 if all
  /// of it has been handed out and is applied. An entry with which Kafka ends a transaction counts as one,
  /// except the last of the partition.
  virtual std::int64_t behind(const topic_partition& from, std::int64_t next_offset) const = 0;
  /// Asks the broker where a partition ends from which nothing is read now. May take up to 50 ms.
  virtual void ask_end(const topic_partition& from) = 0;

  /// Tells Kafka how far the partition is applied; for lag tools only.
  virtual void note_applied(const topic_partition& from, std::int64_t next_offset) = 0;

  /// Leaves the group at once instead of by time-out.
  virtual void leave() = 0;
};

using group_consumer_ptr = std::unique_ptr<group_consumer>;

}  // namespace matricula
