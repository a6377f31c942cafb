// SPDX-License-Identifier: Apache-2.0
#include "scenario.hpp"

#include "config/topology.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace matricula::bench {

const std::vector<scenario_kind>& scenarios() {
  static const std::vector<scenario_kind> all{
      {"page", "one page alone: all new, unchanged, 1 % changed, withdrawn; the floors of the new one", true,
       make_page_scenario},
      {"changes", "one page alone, of which more and more has changed, lying together and strewn", false,
       make_changes_scenario},
      {"throughput", "ten new pages back to back, to 1, 3 and 12 sites, beside their floors", false,
       make_throughput_scenario},
      {"sweep", "1,000,000 records, new and then unchanged, without a pause; the source only", true,
       make_sweep_scenario},
      {"startup", "the index rebuilt from topics of 1,000,000 and 8,000,000 keys", false,
       make_startup_scenario},
      {"backlog", "300,000 records from Kafka to a flat table, beside Kafka Connect", true,
       make_backlog_scenario},
      {"big-table", "a page into a site of 4,000,000 rows, and into one of 40,000", false,
       make_big_table_scenario},
      {"moodle", "a page into a Moodle's tables that are full, with somebody at work in them", false,
       make_moodle_scenario},
      {"idle", "12 sites connected, nothing to do", false, make_idle_scenario},
      {"peer", "the backlog by Kafka Connect alone, with less memory and other batches", false,
       make_peer_scenario},
  };
  return all;
}

const std::vector<bench_site>& two_sites() {
  static const std::vector<bench_site> sites{{"eso46", {"ESO-46"}}, {"fp46", {"FP-46"}}};
  return sites;
}

bench_wishes wishes_for_two_sites(const bench_settings& settings, const page_feed& feed) {
  bench_wishes wishes;
  wishes.sites = two_sites();
  wishes.feed_url = feed.url();
  wishes.every = fmt::format("{}ms", std::lround(settings.every_s * 1000));
  wishes.page_records_max = settings.page;
  return wishes;
}

bench_wishes wishes_for_all_lanes(int sites, const bench_settings& settings, const page_feed& feed) {
  bench_wishes wishes;
  wishes.sites = sites_for_all_lanes(sites);
  wishes.feed_url = feed.url();
  wishes.partitions = 1;
  wishes.page_records_max = settings.page;
  return wishes;
}

double rss_allowed_bytes(const bench_wishes& wishes, double keys, double record_bytes, double page_bytes) {
  const limits all;
  const auto partitions = static_cast<double>(lanes_of(wishes.sites).size()) * wishes.partitions;
  const auto batch_bytes =
      std::min(static_cast<double>(all.batch_bytes_max), all.batch_records_max * record_bytes);
  return 200e6 + 40 * keys +
         static_cast<double>(wishes.sites.size()) * static_cast<double>(all.prefetch_bytes_max) +
         partitions * all.batches_in_flight_max * batch_bytes +
         all.pages_in_flight_max * std::min(page_bytes, static_cast<double>(all.page_bytes_max));
}

void note_rss(figures& values, double rss_peak, double allowed) {
  values["rss_peak_bytes"] = rss_peak;
  values["rss_allowed_bytes"] = allowed;
  values["rss_allowed_ratio"] = rss_peak / allowed;
}

figures cost_of(double records, double seconds, double program_cpu_s, const reading& before,
                const reading& after) {
  const auto per_million = 1e6 / records;
  return {{"seconds_s", seconds},
          {"program_cpu_s_per_million", program_cpu_s * per_million},
          {"kafka_cpu_s_per_million", (after.kafka_cpu_s - before.kafka_cpu_s) * per_million},
          {"postgres_cpu_s_per_million", (after.postgres_cpu_s - before.postgres_cpu_s) * per_million},
          {"wal_bytes", static_cast<double>(after.wal_bytes - before.wal_bytes)}};
}

}  // namespace matricula::bench
