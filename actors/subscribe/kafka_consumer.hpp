// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/subscribe/group_consumer.hpp"
#include "config/topology.hpp"

#include <cstddef>
#include <string>

namespace matricula {

/// A member of the consumer group `group`, on librdkafka. At most `prefetch_bytes_max` bytes wait inside the
/// library.
group_consumer_ptr make_kafka_consumer(const kafka_settings& settings, std::string group,
                                       std::size_t prefetch_bytes_max);

}  // namespace matricula
