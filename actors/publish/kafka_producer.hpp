// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/publish/producer.hpp"
#include "config/topology.hpp"

#include <string>

namespace matricula {

/// A producer of the transactional.id `id`, on librdkafka.
transactional_producer_ptr make_kafka_transactional_producer(const kafka_settings& settings, std::string id);

/// An idempotent producer without transactions, on librdkafka.
plain_producer_ptr make_kafka_plain_producer(const kafka_settings& settings);

}  // namespace matricula
