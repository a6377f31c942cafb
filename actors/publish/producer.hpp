// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "messages/receipts.hpp"

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace matricula {

/// A message on its way into Kafka. Key and value are views: they must live until the transaction's end, or
/// until flush has returned.
struct outgoing_message {
  std::string_view topic;
  std::int32_t partition = -1;  ///< -1: by the hash of the key
  std::string_view key, value;
  /// Headers of a lane's message (docs/topics.md); written if the source is not empty.
  std::string_view source;
  std::uint64_t content_hash = 0;
  revision_t revision = 0;
};

/// Kafka as the publisher sees it: transactions of one transactional.id. Blocking; used by one thread; no
/// call throws.
///
///     open ─▶ (begin ─▶ send* ─▶ commit | abort)*
///
/// Every call may answer publisher_fenced (a newer owner opened), kafka_unavailable or topic_mismatch (a message is larger
/// than Kafka is set to take); after any this producer is of no further use. A commit that answered kafka_unavailable may
/// have happened: the cursor in Kafka tells.
class transactional_producer {
 public:
  virtual ~transactional_producer() = default;

  /// Fences every earlier producer of the same id and waits for its transaction to end.
  virtual result<done> open() = 0;
  virtual result<done> begin() = 0;
  virtual result<done> send(const outgoing_message& message) = 0;

  /// Answers where the lanes' messages of this transaction ended up, or transaction_aborted: call abort.
  virtual result<std::vector<partition_end>> commit() = 0;
  virtual result<done> abort() = 0;
};

using transactional_producer_ptr = std::unique_ptr<transactional_producer>;

/// Kafka as the reporter sees it: messages that stand for themselves. Blocking; used by one thread; no call
/// throws.
class plain_producer {
 public:
  virtual ~plain_producer() = default;

  virtual result<done> send(const outgoing_message& message) = 0;

  /// Waits until every message sent is durable. Errors: kafka_unavailable, topic_mismatch (one is larger than Kafka is set
  /// to take); some may be durable all the same.
  virtual result<done> flush() = 0;
};

using plain_producer_ptr = std::unique_ptr<plain_producer>;

}  // namespace matricula
