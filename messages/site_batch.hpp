// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "messages/page.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace matricula {

/// A partition of a lane's topic.
struct topic_partition {
  std::string topic;
  std::int32_t partition = 0;

  friend auto operator<=>(const topic_partition&, const topic_partition&) = default;
};

using partition_offsets = std::map<topic_partition, std::int64_t>;

/// One message of a lane's topic, as consumed. The views live as long as the batch that holds it.
struct consumed_record {
  std::int64_t offset = 0;
  std::string_view key, value;  ///< the natural key's text; the record's JSON
  std::uint64_t content_hash = 0;
  revision_t revision = 0;
};

/// Consecutive messages of one partition, in the order of their offsets. Immutable once built.
struct site_batch {
  topic_partition from;
  std::vector<consumed_record> records;
  std::int64_t first_offset = 0;       ///< where the batch before it ended, or reading began
  std::int64_t next_offset = 0;        ///< the offset after the last of them, control messages passed over
  std::size_t bytes = 0;               ///< of keys and values
  std::shared_ptr<const void> memory;  ///< keeps the bytes behind the views
};

using site_batch_ptr = std::shared_ptr<const site_batch>;

}  // namespace matricula
