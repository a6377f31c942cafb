// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/problem.hpp"
#include "config/topology.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace matricula::config {

/// A value as a file has it. Empty, though it stands in the file, when it cannot be used: that is a problem
/// which was reported already, and no rule need look at it again.
template <class T>
struct written {
  std::optional<T> value;
  position at;           ///< of the value; of its table where the key is absent
  bool present = false;  ///< whether the key stands in the file
  std::string literal;  ///< of a text: as it stands in the file, references not followed; this may be printed

  explicit operator bool() const { return value.has_value(); }
  const T& operator*() const { return *value; }
  const T* operator->() const { return &*value; }
};

using written_text = written<std::string>;
using written_texts = written<std::vector<written_text>>;
using written_properties = std::map<std::string, written_text>;

struct written_pipeline {
  written_text name, school_year, targets_directory;
};

struct written_kafka {
  position at;
  written_text bootstrap, topic, cursors_topic, quarantine_topic, outcomes_topic;
  written<std::int64_t> partitions, replication;
  written_properties properties, topic_properties;
};

struct written_source {
  position at;
  written_text name, kind, url;
  written<std::chrono::milliseconds> every, request_timeout;
  written<std::int64_t> page_records_max;
};

struct written_lane {
  position at;
  written_text flavour, source, topic;
  written_texts provinces;
};

struct written_site {
  position at;
  written_text name, database, target, base_url;
  written_texts topics;
  written_properties settings;
};

struct written_node {
  position at;
  written_text name, listen;
  written_texts runs;
};

struct written_calendar {
  written_text hide, open, deletion, timezone;
  written_texts blackout;
};

/// A topology file read but not yet believed: every value has its type and range, but nothing is known to fit
/// together.
struct written_topology {
  written_pipeline pipeline;
  written_kafka kafka;
  std::vector<written_source> sources;
  std::vector<written_lane> lanes;
  std::vector<written_site> sites;
  std::vector<written_node> nodes;
  written_calendar calendar;
  std::map<std::string, written<std::int64_t>, std::less<>>
      limits;  ///< every limit, by its name in struct limits
};

}  // namespace matricula::config
