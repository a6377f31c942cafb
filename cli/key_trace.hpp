// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/quarantine_entry.hpp"
#include "cli/site_findings.hpp"
#include "cli/time_text.hpp"
#include "messages/receipts.hpp"

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace matricula {

/// How far a source has been read.
struct source_stop {
  std::string name;
  std::optional<source_position> position;  ///< none: it has not been read yet
  std::optional<utc_time> at;               ///< when its last page was committed
};

/// The newest message of a key in a lane's topic.
struct topic_stop {
  topic_partition where;
  std::int64_t offset = 0;
  std::optional<utc_time> at;
  revision_t revision = 0;
  std::uint64_t content_hash = 0;
  std::string status;  ///< empty: the message is no record
  std::string source;  ///< of the lane
};

/// A key at a site.
struct site_stop {
  std::string name;
  topic_partition where;  ///< the message that the site should have applied; no topic: there is none
  std::optional<failure> unanswered;
  std::int64_t first_offset = 0;            ///< that the partition still holds
  std::optional<std::int64_t> next_offset;  ///< none: it has not begun the partition
  std::optional<site_findings::row> row;
};

/// What is known of a key, stop by stop, in the order in which a record travels. Knows neither Kafka nor PostgreSQL.
struct key_trace {
  std::string key;
  std::vector<source_stop> sources;          ///< of the lanes that could take it
  std::vector<quarantine_entry> quarantine;  ///< of the key, whoever refused it; oldest first
  std::vector<topic_stop> topics;            ///< those that have it
  std::vector<site_stop> sites;
  bool has_lane = true;  ///< a lane has its province

  /// What it amounts to.
  struct conclusion {
    bool is_everywhere = false;  ///< every site that should have the newest message's record has it
    std::string sentence;        ///< without its full stop
  };
  conclusion concluded() const;

  /// A line for each stop, and the conclusion. Ids only.
  void print(std::ostream& out) const;

 private:
  const topic_stop* newest() const;
  const quarantine_entry* refused_on_the_way() const;
  std::string without_message() const;
  std::string wrong_at(const site_stop& site, const topic_stop& message) const;
};

}  // namespace matricula
