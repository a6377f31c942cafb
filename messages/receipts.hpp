// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "messages/page.hpp"
#include "messages/retry_note.hpp"
#include "messages/site_batch.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace matricula {

using steady_time = std::chrono::steady_clock::time_point;

/// Where the records of a page ended up: the last offset per partition.
struct partition_end {
  topic_partition where;
  std::int64_t last_offset = 0;
};

/// How far a source has been read: the value of its message in matricula.cursors.
struct source_position {
  std::uint64_t page_number = 0;      ///< of the last page committed; 0: none yet
  std::optional<std::string> cursor;  ///< what to ask for next; none: the first page of a sweep
  std::uint64_t sweep = 0;
  std::vector<partition_end> ends{};  ///< the loader's: where the source's lanes end; not in the message
};

/// A page as read, not yet decoded: fetcher → partitioner.
struct fetched_page {
  std::string source;
  std::uint64_t number = 0;
  std::string bytes;
  steady_time requested_at;
  bool salvage = false;       ///< read before and not UTF-8 then either: see page_decoder::decode
  bool not_modified = false;  ///< HTTP 304: every record is as it was when this cursor was last read
  page_envelope remembered;   ///< the envelope of that last read, if not_modified
  std::vector<retried_record>
      retries{};  ///< not read from the source but taken out of quarantine: of each record
  std::vector<std::string> dropped{};  ///< see page::dropped
};
using fetched_page_ptr = std::shared_ptr<fetched_page>;

/// How many records were rejected for which reason.
using rejection_counts = std::map<error_code, std::uint64_t>;

/// How many records of a page go to which lane, by its index in the topology.
using lane_counts = std::map<std::uint16_t, std::uint64_t>;

/// What a deduplicator found in its share of a page.
struct share_receipt {
  std::uint64_t records = 0, unchanged = 0;
  lane_counts changed{};
  rejection_counts rejected{};
};

/// What became of a record of a page of retries.
struct settled_retry {
  std::uint32_t position = 0;
  retry_state state = retry_state::retried;
  revision_t revision = 0;  ///< as in retry_note
};

/// A part of a page on its way into the page's transaction: partitioner or deduplicator → publisher. A page
/// is complete when as many shares have come as each of them announces.
struct page_share {
  page_ptr page;
  std::uint32_t shares_total = 0;
  batch_ptr changed;  ///< what of a part of the keys has changed; null in the partitioner's own share
  std::optional<source_position> position;  ///< the partitioner's own share: the cursor that the page moves
  std::vector<settled_retry> settled{};     ///< a part's share of a page of retries: all of its records
  std::vector<rejected_record> rejected{};  ///< found by the deduplicator, beside those of the page itself
};
using page_share_ptr = std::shared_ptr<const page_share>;

/// The publisher's reply: the whole page is committed. Ends are told to the partitioner's own share only.
struct page_published {
  std::uint64_t page_number = 0;
  std::vector<partition_end> ends;
};

/// What of a page a lane has published.
struct lane_published {
  std::string topic;
  std::uint64_t changed = 0;
};

/// The reply to a page, home at the fetcher.
struct page_receipt {
  std::string source;
  std::uint64_t number = 0, sweep = 0;
  std::optional<std::string> next;
  std::uint64_t read = 0, unchanged = 0, changed = 0, repeated = 0, quarantined = 0, bytes = 0;
  std::vector<lane_published> lanes;  ///< those with changes
  std::vector<partition_end> ends;
  steady_time requested_at, published_at;
};

/// An entry of a deduplicator's memory, as a lane's topic tells it.
struct index_entry {
  std::uint64_t key_hash = 0, content_hash = 0;
  revision_t revision = 0;
};
using index_chunk = std::shared_ptr<const std::vector<index_entry>>;

/// The reply to a batch at a site: all of it is durable there.
struct applied_receipt {
  topic_partition from;
  std::int64_t next_offset = 0;
  std::uint64_t records = 0, created = 0, changed = 0, withdrawn = 0, unchanged = 0, superseded = 0, held = 0,
                quarantined = 0;
  steady_time applied_at;
};

/// A source or site changed its state: for status lines and logs.
struct stage_event {
  std::string stage;   ///< "source:itaca", "site:eso46"
  std::string what;    ///< "waiting", "elected", "rebuilding", "running", "restarting", "stopped", …
  std::string text;    ///< for people; ids and addresses only
  std::string part{};  ///< of the stage that this is about, as a site's "ESO-46-0"; empty: the whole of it
};

}  // namespace matricula
