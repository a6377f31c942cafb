// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/dedup/topic_scan.hpp"
#include "actors/partition/partitioner.hpp"
#include "actors/protocol.hpp"
#include "actors/supervise/adapters.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace matricula {

/// Rebuilds what a source's group knows: first the source's cursor, then its lanes' topics, each to its end, of which
/// every deduplicator is told its part of the keys. One chunk is under way at a time. Answers the reason if Kafka cannot
/// be read.
struct loader_state {
  static inline const char* name = "loader";

  loader_actor::pointer self = nullptr;
  deployment_ptr deployment;
  std::string source;
  deduplicators parts;
  std::vector<std::uint16_t> lane_of_topic;  ///< the lane of each topic that the scan reads
  topic_scan_ptr scan;                       ///< of the cursors, then of the lanes
  bool at_lanes = false;
  source_position position;
  std::map<std::pair<std::uint16_t, std::int32_t>, std::int64_t> ends;  ///< lane and partition → last offset
  std::size_t unanswered = 0;
  caf::typed_response_promise<source_position> promise;

  ~loader_state();

  caf::result<source_position> start();
  void go_on();

 private:
  void read_cursors();
  void load_chunk();
  void answered();
};

loader_actor::behavior_type loader(loader_actor::stateful_pointer<loader_state> self,
                                   deployment_ptr deployment, std::string source, deduplicators parts);

}  // namespace matricula
