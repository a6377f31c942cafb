// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/apply/site_store.hpp"
#include "actors/dedup/topic_scan.hpp"
#include "actors/fetch/page_source.hpp"
#include "actors/fetch/topic_tail.hpp"
#include "actors/publish/producer.hpp"
#include "actors/subscribe/group_consumer.hpp"
#include "config/topology.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace matricula {

/// How the graph reaches the world: the real libraries, or doubles in memory.
struct adapters {
  std::function<page_source_ptr(const source_settings&)> open_source;
  std::function<transactional_producer_ptr(const std::string& transactional_id)> open_transactional_producer;
  std::function<plain_producer_ptr()> open_plain_producer;
  std::function<group_consumer_ptr(const std::string& group)> open_consumer;
  std::function<topic_scan_ptr(std::vector<std::string> topics)> open_scan;
  std::function<topic_tail_ptr(const std::string& topic)> open_tail;
  std::function<site_store_ptr(const site_settings&)> open_store;
  std::function<site_outbox_ptr(const site_settings&)> open_outbox;

  /// Actors that call a blocking adapter get a thread of their own; with doubles they need none, and tests
  /// run them one message at a time.
  bool detached = true;
};

/// What every actor of a process shares; immutable.
struct deployment {
  struct topology topology;
  struct adapters adapters;
  std::uint64_t pages_max = 0;  ///< each source stops after so many pages; 0: never
};

using deployment_ptr = std::shared_ptr<const deployment>;

}  // namespace matricula
