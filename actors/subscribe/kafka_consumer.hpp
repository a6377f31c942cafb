// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/publish/kafka_client.hpp"
#include "actors/subscribe/group_consumer.hpp"
#include "config/topology.hpp"

#include <chrono>
#include <cstddef>
#include <string>

namespace matricula {

/// A member of the consumer group `group`, on librdkafka. At most `prefetch_bytes_max` bytes wait inside the
/// library.
group_consumer_ptr make_kafka_consumer(const kafka_settings& settings, const std::string& group,
                                       std::size_t prefetch_bytes_max);

/// What such a member is configured with. The topology's own session.timeout.ms and heartbeat.interval.ms win. Errors
/// as of kafka_configuration.
result<kafka_handle<rd_kafka_conf_t>> kafka_consumer_configuration(kafka_settings settings,
                                                                   const std::string& group,
                                                                   std::size_t prefetch_bytes_max);

/// How long after its last sign of life a member is given up: session.timeout.ms, of which it does not mind whether it is
/// a number.
std::chrono::milliseconds session_timeout_of(const kafka_settings& settings);

}  // namespace matricula
