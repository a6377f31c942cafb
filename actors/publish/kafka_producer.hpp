// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/publish/producer.hpp"
#include "config/topology.hpp"

#include <string>
#include <vector>

namespace matricula {

/// A producer of the transactional.id `id`, on librdkafka. When it is opened it learns where `topics` live,
/// so that the first transaction does not wait for that.
transactional_producer_ptr make_kafka_transactional_producer(const kafka_settings& settings, std::string id,
                                                             std::vector<std::string> topics);

/// An idempotent producer without transactions, on librdkafka.
plain_producer_ptr make_kafka_plain_producer(const kafka_settings& settings);

}  // namespace matricula
