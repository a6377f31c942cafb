// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace matricula {

/// A text that must not be printed, such as a database's address with its password.
class secret {
 public:
  secret() = default;
  explicit secret(std::string value)
      : value_(std::move(value)) {}

  /// The text itself, for the library that needs it and for nobody else.
  const std::string& reveal() const { return value_; }

 private:
  std::string value_;
};

/// [pipeline]
struct pipeline_settings {
  std::string name;         ///< part of consumer groups and transactional ids
  std::string school_year;  ///< four digits
};

/// [kafka]
struct kafka_settings {
  std::string bootstrap;                                ///< host:port[,host:port…]
  std::string topic_template = "{flavour}-{province}";  ///< a lane's topic
  std::int32_t partitions = 1;                          ///< of every lane's topic
  std::int16_t replication = 1;                         ///< of every topic
  std::map<std::string, std::string> properties;        ///< passed to librdkafka as they are
  std::map<std::string, std::string>
      topic_properties;  ///< of every lane's topic, such as min.insync.replicas
  std::string cursors_topic = "matricula.cursors";
  std::string quarantine_topic = "matricula.quarantine";
  std::string outcomes_topic = "matricula.outcomes";
};

/// [[source]]
struct source_settings {
  std::string name;
  std::string kind = "http";
  std::string url;
  std::chrono::milliseconds every{10'000};            ///< from the start of one page to the start of the next
  std::uint32_t page_records_max = 30'000;            ///< asked for as limit=
  std::chrono::milliseconds request_timeout{30'000};  ///< of one read of a page
};

/// One lane: [[lane]] lists a flavour with its provinces, and each province makes one.
struct lane_settings {
  std::string flavour;
  std::string province;  ///< two digits
  std::string source;    ///< the source that feeds it
  std::string topic;     ///< by the template, or as [[lane]] says
};

/// [calendar]: the school year's turn. A day is "07-31", of every year; empty: never.
struct calendar_settings {
  std::string hide;                   ///< classrooms of a year that has ended are hidden from this day on
  std::string open;                   ///< those of the new year are opened
  std::string deletion;               ///< those of the last year may be deleted
  std::vector<std::string> blackout;  ///< nobody is withdrawn: "12-22/01-07", "2027-03-15/2027-03-22"
  std::string timezone = "Europe/Madrid";
};

/// [[site]]
struct site_settings {
  std::string name;
  std::vector<std::string> topics;
  secret database;     ///< PostgreSQL connection URI
  std::string target;  ///< the target's name
  std::filesystem::path target_directory;
  std::string base_url;                         ///< of the Moodle site, without a slash at its end
  std::map<std::string, std::string> settings;  ///< every one that the target declares
  calendar_settings calendar;                   ///< that of the topology
};

/// [[node]]
struct node_settings {
  std::string name;
  std::string listen;  ///< host:port kept for its status, which is not served yet; empty: none
  std::vector<std::string> sources, sites;
};

/// [limits]: every edge and buffer has one. Units are in the names.
struct limits {
  std::uint32_t pages_in_flight_max = 2;       ///< fetcher → partitioner, per source
  std::uint32_t batches_in_flight_max = 2;     ///< subscriber → applier, per partition
  std::uint32_t batch_records_max = 10'000;    ///< one request to an applier
  std::size_t batch_bytes_max = 64U << 20;     ///< one request to an applier
  std::size_t page_bytes_max = 256U << 20;     ///< one read of a source
  std::size_t record_bytes_max = 1'000'000;    ///< longer records go to quarantine
  std::size_t prefetch_bytes_max = 32U << 20;  ///< messages that librdkafka has fetched, per site
  std::uint32_t outbox_entries_max = 2'000;    ///< one round of the reporter
  std::uint32_t retry_delay_ms_min = 100;
  std::uint32_t retry_delay_ms_max = 500;
  std::uint32_t restarts_max = 10;  ///< without restart_window_ms of work between any two; one more ends it
  std::uint32_t restart_window_ms = 60'000;
  std::uint32_t request_timeout_ms = 120'000;  ///< of a request between actors, retries within it included
  std::uint32_t drain_timeout_ms = 10'000;     ///< from SIGTERM to the end
};

/// A whole deployment, validated: names are unique and resolve, every topic of a site has a lane, every
/// secret was found.
struct topology {
  pipeline_settings pipeline;
  kafka_settings kafka;
  std::vector<source_settings> sources;
  std::vector<lane_settings> lanes;
  std::vector<site_settings> sites;
  std::vector<node_settings> nodes;
  calendar_settings calendar;
  struct limits limits;
};

}  // namespace matricula
