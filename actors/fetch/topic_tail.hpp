// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/dedup/topic_scan.hpp"
#include "messages/errors.hpp"

#include <cstddef>
#include <functional>
#include <memory>

namespace matricula {

/// Follows a topic: all that it holds, then what is added to it. One thread; no call throws.
class topic_tail {
 public:
  using on_message = std::function<void(const scanned_message&)>;

  virtual ~topic_tail() = default;

  /// Hands out committed messages that have come since the last call, at most `messages_max`, those of a partition in
  /// their order. Waits for none; only while it has not found the topic yet it may block for a second. Answers whether
  /// it has caught up: that all has been handed out that the topic held at the first call. Errors: kafka_unavailable,
  /// topic_mismatch (the topic does not exist); the next call tries again, and nothing is passed over.
  virtual result<bool> poll(std::size_t messages_max, const on_message& each) = 0;
};

using topic_tail_ptr = std::unique_ptr<topic_tail>;

}  // namespace matricula
