// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/subscribe/group_consumer.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace matricula {

/// Gathers one partition's messages into batches and bounds what is between Kafka and the site: at most
/// `batches_in_flight_max` unanswered batches, one that is being gathered, and when that one is full the message after
/// it, which waits.
class partition_flow {
 public:
  struct bounds {
    std::size_t records_max = 0, bytes_max = 0;  ///< of one batch; a single message may be larger
    std::uint32_t batches_in_flight_max = 0;
  };

  partition_flow(topic_partition from, bounds limits)
      : from_(std::move(from))
      , bounds_(limits) {}

  /// Messages from `offset` on are expected; all that is gathered is dropped.
  void begin(std::int64_t offset) {
    next_offset_ = offset;
    gathering_.reset();
    waiting_.reset();
  }

  /// Takes a message. One below the expected offset, as may still come from before the partition was begun, is passed
  /// over. Precondition: none waits.
  void add(consumed_message message) {
    if (message.record.offset < next_offset_)
      return;
    if (full()) {
      waiting_ = std::move(message);
      return;
    }
    if (!gathering_) {
      gathering_ = std::make_shared<site_batch>();
      gathering_->from = from_;
      gathering_->first_offset = next_offset_;
      memories_ = std::make_shared<std::vector<std::shared_ptr<const void>>>();
      gathering_->memory = memories_;
    }
    next_offset_ = message.record.offset + 1;
    gathering_->bytes += message.record.key.size() + message.record.value.size();
    gathering_->next_offset = next_offset_;
    gathering_->records.push_back(message.record);
    if (memories_->empty() || memories_->back() != message.memory)
      memories_->push_back(std::move(message.memory));
  }

  /// A message does not fit: the partition takes no more of them until a batch can be sent on.
  bool waits() const { return waiting_.has_value(); }

  /// No message fits any more.
  bool full() const {
    return gathering_ &&
           (gathering_->records.size() >= bounds_.records_max || gathering_->bytes >= bounds_.bytes_max);
  }

  /// The batch to send on, or null. A batch goes at once if nothing is in flight, and otherwise only when it
  /// is full: what comes in while the site works becomes the next batch.
  site_batch_ptr take() {
    if (!gathering_ || in_flight_ >= bounds_.batches_in_flight_max || (in_flight_ > 0 && !full()))
      return nullptr;
    ++in_flight_;
    memories_.reset();
    auto batch = std::exchange(gathering_, nullptr);
    if (auto message = std::exchange(waiting_, std::nullopt))
      add(*std::move(message));
    return batch;
  }

  /// A batch in flight was answered, well or not.
  void answered() { --in_flight_; }

  /// Of the batches from now on, also the one that is being gathered.
  void limit_records(std::size_t records_max) { bounds_.records_max = records_max; }

  const bounds& limits() const { return bounds_; }
  std::uint32_t in_flight() const { return in_flight_; }
  bool idle() const { return in_flight_ == 0 && !gathering_; }
  std::size_t records_gathered() const { return gathering_ ? gathering_->records.size() : 0; }

 private:
  topic_partition from_;
  bounds bounds_;
  std::int64_t next_offset_ = 0;
  std::uint32_t in_flight_ = 0;
  std::shared_ptr<site_batch> gathering_;
  std::shared_ptr<std::vector<std::shared_ptr<const void>>> memories_;
  std::optional<consumed_message> waiting_;
};

}  // namespace matricula
