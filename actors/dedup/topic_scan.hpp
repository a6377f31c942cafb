// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "messages/site_batch.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace matricula {

/// A message that a scan came upon; the views live until the callback returns. Value and headers may be
/// missing (empty, 0).
struct scanned_message {
  std::size_t topic_index = 0;  ///< into the list of topics that the scan was made for
  std::int32_t partition = 0;
  consumed_record record;
  std::int64_t time_ms = 0;  ///< when Kafka or the writer says that it was written, since 1970; 0: not known
};

/// Reads whole topics, from their starts to where their ends were at the first call; transactions that are under way there
/// are waited for. Blocking; one thread.
class topic_scan {
 public:
  using on_message = std::function<void(const scanned_message&)>;

  virtual ~topic_scan() = default;

  /// Hands out about `messages_max` messages, or what there is if none comes for a second. Answers false when all topics have
  /// been read to their ends. Errors: kafka_unavailable, topic_mismatch (a topic does not exist).
  virtual result<bool> next(std::size_t messages_max, const on_message& each) = 0;

  /// Messages handed out, and the offsets there are in all: for progress.
  virtual std::uint64_t messages_read() const = 0;
  virtual std::uint64_t messages_total() const = 0;
};

using topic_scan_ptr = std::unique_ptr<topic_scan>;

}  // namespace matricula
