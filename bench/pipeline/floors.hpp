// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench_deployment.hpp"
#include "sent_records.hpp"

#include <functional>
#include <string>
#include <vector>

namespace matricula::bench {

/// What was committed to a deployment's lanes, in order per partition.
std::vector<sent_record> records_in(const servers& on, const bench_deployment& world);

/// Of the rows that psql_floor_ms copies.
double copy_bytes_per_row(const std::vector<sent_record>& records);

// What no program on the same libraries and servers can be faster than, with the same bytes; milliseconds each. What is
// done once by a process that stays (connecting, asking where topics live) is done before.

/// libcurl reading a page.
double fetch_floor_ms(const std::string& url);

/// simdjson reading the fields of the keys, on one core.
double json_floor_ms(const std::string& url);

/// How often produce_floor_ms sends its records: a time as short as that of one transaction is spread wide.
inline constexpr std::size_t produce_floor_times = 7;

/// librdkafka sending the records to the lanes of `into` in one transaction, `warm_up` in one before it: the median of
/// produce_floor_times, one after the other.
double produce_floor_ms(const servers& on, const bench_deployment& into,
                        const std::vector<sent_record>& warm_up, const std::vector<sent_record>& records);

/// The same, a transaction for each page, one after the other. The records stand in the order of their revisions.
double produce_pages_floor_ms(const servers& on, const bench_deployment& into,
                              const std::vector<sent_record>& records);

/// librdkafka reading these records, as committed, which are the last in the lanes of `from` and follow others.
double consume_floor_ms(const servers& on, const bench_deployment& from, const transactions& before,
                        const std::vector<sent_record>& records);

/// psql copying the records into the staging table and running the target's steps and outcomes, in one transaction for
/// each partition, all of them at a time, as the appliers do; `warm_up` in one before it. The sites' databases must be
/// new.
double psql_floor_ms(const bench_deployment& into, const std::vector<sent_record>& warm_up,
                     const std::vector<sent_record>& records);

/// What all psqls together have taken.
struct psqls_cost {
  double ms = 0, rss_peak_bytes = 0;
};

/// The same with a backlog, in transactions of so many records at most. `known`: the sites have had all of it, and are only
/// asked which records differ. `ready` is called just before all of them begin.
psqls_cost psql_backlog_floor(const bench_deployment& into, const std::vector<sent_record>& records,
                              std::size_t batch_records_max, bool known, const std::function<void()>& ready);

}  // namespace matricula::bench
