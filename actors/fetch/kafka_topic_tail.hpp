// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/fetch/topic_tail.hpp"
#include "config/topology.hpp"

#include <string>

namespace matricula {

/// Follows the committed messages of a topic, on librdkafka, outside any consumer group. Partitions that the topic is
/// given later are not read.
topic_tail_ptr make_kafka_topic_tail(const kafka_settings& settings, std::string topic);

}  // namespace matricula
