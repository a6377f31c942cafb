// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/dedup/topic_scan.hpp"
#include "config/topology.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace matricula {

/// Reads the committed messages of whole topics, on librdkafka, outside any consumer group. A partition that is among
/// `offsets` is read from there on.
topic_scan_ptr make_kafka_topic_scan(const kafka_settings& settings, std::vector<std::string> topics,
                                     partition_offsets offsets = {});

}  // namespace matricula
