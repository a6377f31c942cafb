// SPDX-License-Identifier: Apache-2.0
#include "goals.hpp"

#include <string_view>

namespace matricula::bench {

bool goal::of_any_machine() const {
  const std::string_view kind = unit;
  return kind != "ms" && kind != "s" && kind != "/s" && kind != "% of a core";
}

const std::vector<goal>& goals() {
  constexpr double to_percent = 100;
  static const std::vector<goal> all{
      {"decode, hash and dedup of an unchanged page, 1,000,000 keys, of simdjson alone", "parts", "derived",
       "decode_ratio", goal::at_least, 0.7, ""},
      {"the same, records a second on one core", "parts", "decode_and_dedup_of_an_unchanged_page/1000000",
       "items_per_s", goal::at_least, 1e6, "/s", 1, 0},
      {"publish an all-new page, fetching left out but decoding not, of librdkafka alone in one transaction",
       "page", "new", "publish_alone_ratio", goal::at_least, 0.7, ""},
      {"the same, fetching included", "page", "new", "produce_ratio", goal::at_least, 0.7, ""},
      {"apply an all-new page, Kafka → site included, of psql alone with the same SQL", "page", "new",
       "psql_ratio", goal::at_least, 0.7, ""},
      {"page alone, all new: request → visible at every site, of the floors' sum", "page", "new",
       "latency_ratio", goal::at_most, 1.3, ""},
      {"page alone, all new", "page", "new", "applied_ms", goal::at_most, 1'200, "ms", 1, 0},
      {"page alone, 1 % changed", "page", "1 % changed", "applied_ms", goal::at_most, 200, "ms", 1, 0},
      {"page alone, 1 % changed: CPU of matricula", "page", "1 % changed", "matricula_cpu_s", goal::at_most,
       0.1, "s"},
      {"page alone, unchanged", "page", "unchanged", "applied_ms", goal::at_most, 100, "ms", 1, 0},
      {"page alone, unchanged: WAL at the sites", "page", "unchanged", "wal_bytes", goal::at_most, 0, "bytes",
       1, 0, goal::worst},
      {"page alone, unchanged: Kafka messages but the cursor", "page", "unchanged", "lane_entries",
       goal::at_most, 0, "", 1, 0, goal::worst},
      {"the same, entries of Kafka's other topics: the cursor, and the mark that ends its transaction",
       "page", "unchanged", "other_entries", goal::at_most, 2, "", 1, 0, goal::worst},
      {"peak RSS, two sites, of 200 MB, 40 bytes a key and what the limits allow", "page", "new",
       "rss_allowed_ratio", goal::at_most, 1, "", 1, 2, goal::worst},
      {"the same, twelve sites, ten pages back to back", "throughput", "12 sites", "rss_allowed_ratio",
       goal::at_most, 1, "", 1, 2, goal::worst},
      {"the same, no site, 8,000,000 keys", "startup", "8,000,000 keys", "rss_allowed_ratio", goal::at_most,
       1, "", 1, 2, goal::worst},
      {"sweep of 1,000,000 unchanged records", "sweep", "unchanged", "seconds_per_million_s", goal::at_most,
       4, "s"},
      {"apply into 4,000,000 rows against 40,000", "big-table", "page", "time_ratio", goal::at_most, 1.5, ""},
      {"backlog, new rows: rows a second against Kafka Connect", "backlog", "new", "rate_ratio",
       goal::at_least, 4, ""},
      {"backlog, unchanged rows: rows a second against Kafka Connect", "backlog", "unchanged", "rate_ratio",
       goal::at_least, 10, ""},
      {"backlog, new rows: peak RSS against Kafka Connect", "backlog", "new", "memory_ratio", goal::at_most,
       0.1, "", 1, 3},
      {"the same, unchanged rows", "backlog", "unchanged", "memory_ratio", goal::at_most, 0.1, "", 1, 3},
      {"index: bytes a key, at its emptiest", "parts", "derived", "bytes_per_key", goal::at_most, 40, "bytes",
       1, 1},
      {"index of 8,000,000 keys rebuilt", "startup", "8,000,000 keys", "rebuilt_s", goal::at_most, 45, "s", 1,
       1},
      {"a full Moodle: page alone, all new", "moodle", "new", "applied_ms", goal::at_most, 3'000, "ms", 1, 0},
      {"a full Moodle: unchanged", "moodle", "unchanged", "applied_ms", goal::at_most, 500, "ms", 1, 0},
      {"a full Moodle: 1 % changed", "moodle", "1 % changed", "applied_ms", goal::at_most, 400, "ms", 1, 0},
      {"a full Moodle: longest wait of a page that reads", "moodle", "new", "reader_ms_max", goal::at_most,
       200, "ms", 1, 0, goal::worst},
      {"a full Moodle: longest wait of a page that writes", "moodle", "new", "writer_ms_max", goal::at_most,
       200, "ms", 1, 0, goal::worst},
      {"the same, 1 % changed", "moodle", "1 % changed", "writer_ms_max", goal::at_most, 200, "ms", 1, 0,
       goal::worst},
      {"a full Moodle: a lock that a page that writes waits for, all new", "moodle", "new",
       "writer_lock_ms_max", goal::at_most, 200, "ms", 1, 0, goal::worst},
      {"the same, 1 % changed", "moodle", "1 % changed", "writer_lock_ms_max", goal::at_most, 200, "ms", 1, 0,
       goal::worst},
      {"cost of a page, linear in changed records and their classrooms, together and strewn: greatest "
       "deviation",
       "changes", "sum", "residual_ratio", goal::at_most, 0.2, "%", to_percent, 1},
      {"cost of a key: a record of an unchanged page, 8,000,000 keys against 100,000", "parts", "derived",
       "decode_keys_ratio", goal::at_most, 1.2, ""},
      {"the look-up in it alone, among 8,000,000 keys against 1,000,000", "parts", "derived",
       "lookup_large_ratio", goal::at_most, 1.2, ""},
      {"the same against 100,000, which a cache holds", "parts", "derived", "lookup_ratio", goal::at_most,
       1.2, ""},
      {"idle, 12 sites: CPU", "idle", "12 sites", "cpu_share", goal::at_most, 0.01, "% of a core",
       to_percent},
      {"idle, 12 sites: wake-ups", "idle", "12 sites", "wake_ups_per_s", goal::at_most, 20, "/s", 1, 1},
  };
  return all;
}

}  // namespace matricula::bench
