// SPDX-License-Identifier: Apache-2.0
#include "config/known_keys.hpp"

#include <algorithm>
#include <cassert>

namespace matricula::config {
namespace {

constexpr bool required = true;
constexpr bool optional = false;
constexpr bool once = false;
constexpr bool many = true;

constexpr std::int64_t hour_ms = 3'600'000;

constexpr auto text = kind_of_key::text;
constexpr auto number = kind_of_key::whole_number;
constexpr auto duration = kind_of_key::duration;
constexpr auto texts = kind_of_key::text_list;
constexpr auto properties = kind_of_key::properties;

}  // namespace

const std::vector<known_table>& known_tables() {
  // clang-format off
  static const std::vector<known_table> tables{
      {"pipeline", once, required, {
          {"name", text, required, R"(name = "aules")"},
          {"school_year", text, required, R"(school_year = "2026")"},
          {"targets_directory", text, optional, R"(targets_directory = "../targets")"},
      }},
      {"kafka", once, required, {
          {"bootstrap", text, required, R"(bootstrap = "${MATRICULA_KAFKA}")"},
          {"topic", text, optional, R"(topic = "{flavour}-{province}")"},
          {"partitions", number, optional, "partitions = 6", 1, 1'000},
          {"replication", number, optional, "replication = 3", 1, 10},
          {"cursors_topic", text, optional, R"(cursors_topic = "matricula.cursors")"},
          {"quarantine_topic", text, optional, R"(quarantine_topic = "matricula.quarantine")"},
          {"outcomes_topic", text, optional, R"(outcomes_topic = "matricula.outcomes")"},
          {"properties", properties, optional, R"([kafka.properties] with "security.protocol" = "ssl")"},
          {"topic_properties", properties, optional, R"([kafka.topic_properties] with "min.insync.replicas" = "2")"},
      }},
      {"source", many, required, {
          {"name", text, required, R"(name = "itaca")"},
          {"kind", text, optional, R"(kind = "http")"},
          {"url", text, required, R"(url = "${MATRICULA_FEED}")"},
          {"every", duration, optional, R"(every = "10s")", 0, 24 * hour_ms},
          {"page_records_max", number, optional, "page_records_max = 30000", 1, 1'000'000},
          {"request_timeout", duration, optional, R"(request_timeout = "30s")", 100, hour_ms},
      }},
      {"lane", many, required, {
          {"flavour", text, required, R"(flavour = "ESO")"},
          {"provinces", texts, required, R"(provinces = ["03", "12", "46"])"},
          {"source", text, optional, R"(source = "itaca")"},
          {"topic", text, optional, R"(topic = "{flavour}-{province}")"},
      }},
      {"site", many, required, {
          {"name", text, required, R"(name = "eso46")"},
          {"topics", texts, required, R"(topics = ["ESO-46"])"},
          {"database", text, required, R"(database = "${MATRICULA_DATABASE_ESO46}")"},
          {"target", text, required, R"(target = "classrooms")"},
          {"base_url", text, required, R"(base_url = "https://aules.edu.gva.es/eso46")"},
          {"settings", properties, optional, R"([site.settings] with what the target's target.toml declares)"},
      }},
      {"node", many, optional, {
          {"name", text, required, R"(name = "one")"},
          {"listen", text, optional, R"(listen = "0.0.0.0:9464")"},
          {"runs", texts, required, R"(runs = ["source:itaca", "site:eso46"])"},
      }},
      {"calendar", once, optional, {
          {"hide", text, optional, R"(hide = "07-31")"},
          {"open", text, optional, R"(open = "09-01")"},
          {"delete", text, optional, R"(delete = "01-20")"},
          {"blackout", texts, optional, R"(blackout = ["12-22/01-07"])"},
          {"timezone", text, optional, R"(timezone = "Europe/Madrid")"},
      }},
      {"limits", once, optional, {
          {"pages_in_flight_max", number, optional, "pages_in_flight_max = 2", 1, 64},
          {"batches_in_flight_max", number, optional, "batches_in_flight_max = 2", 1, 64},
          {"batch_records_max", number, optional, "batch_records_max = 10000", 1, 1'000'000},
          {"batch_bytes_max", number, optional, "batch_bytes_max = 67108864", 1'024, 1'073'741'824},
          {"page_bytes_max", number, optional, "page_bytes_max = 268435456", 1'024, 2'147'483'648},
          {"record_bytes_max", number, optional, "record_bytes_max = 1000000", 1'024, 100'000'000},
          {"prefetch_bytes_max", number, optional, "prefetch_bytes_max = 33554432", 1'024, 2'147'482'624},
          {"outbox_entries_max", number, optional, "outbox_entries_max = 2000", 1, 100'000},
          {"retry_delay_ms_min", number, optional, "retry_delay_ms_min = 100", 1, hour_ms},
          {"retry_delay_ms_max", number, optional, "retry_delay_ms_max = 500", 1, hour_ms},
          {"restarts_max", number, optional, "restarts_max = 10", 0, 10'000},
          {"restart_window_ms", number, optional, "restart_window_ms = 60000", 1, 24 * hour_ms},
          {"request_timeout_ms", number, optional, "request_timeout_ms = 120000", 100, hour_ms},
          {"drain_timeout_ms", number, optional, "drain_timeout_ms = 10000", 0, hour_ms},
      }},
  };
  // clang-format on
  return tables;
}

std::string known_table::heading() const {
  const std::string bare{name};
  return repeated ? "[[" + bare + "]]" : "[" + bare + "]";
}

const known_key* known_table::find(std::string_view key) const {
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&](const known_key& each) { return each.name == key; });
  return found == keys.end() ? nullptr : &*found;
}

std::vector<std::string> known_table::key_names() const {
  std::vector<std::string> names;
  for (const auto& key : keys)
    names.emplace_back(key.name);
  return names;
}

const known_table& known_table_named(std::string_view name) {
  const auto& tables = known_tables();
  const auto found =
      std::find_if(tables.begin(), tables.end(), [&](const known_table& each) { return each.name == name; });
  assert(found != tables.end());
  return *found;
}

}  // namespace matricula::config
