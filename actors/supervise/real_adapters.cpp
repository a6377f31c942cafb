// SPDX-License-Identifier: Apache-2.0
#include "actors/supervise/real_adapters.hpp"

#include "actors/apply/postgres_session.hpp"
#include "actors/dedup/kafka_topic_scan.hpp"
#include "actors/fetch/http_source.hpp"
#include "actors/fetch/kafka_topic_tail.hpp"
#include "actors/publish/kafka_producer.hpp"
#include "actors/report/postgres_outbox.hpp"
#include "actors/subscribe/kafka_consumer.hpp"

namespace matricula {

adapters real_adapters(const topology& topology) {
  const auto kafka = topology.kafka;
  const auto bounds = topology.limits;
  adapters real;
  real.open_source = [bounds](const source_settings& source) {
    return make_http_source(source, bounds.page_bytes_max);
  };
  std::vector<std::string> written{kafka.cursors_topic, kafka.quarantine_topic};
  for (const auto& lane : topology.lanes)
    written.push_back(lane.topic);
  real.open_transactional_producer = [kafka, written](const std::string& id) {
    return make_kafka_transactional_producer(kafka, id, written);
  };
  real.open_plain_producer = [kafka] { return make_kafka_plain_producer(kafka); };
  real.open_consumer = [kafka, bounds](const std::string& group) {
    return make_kafka_consumer(kafka, group, bounds.prefetch_bytes_max);
  };
  real.open_scan = [kafka](std::vector<std::string> topics) {
    return make_kafka_topic_scan(kafka, std::move(topics));
  };
  real.open_tail = [kafka](const std::string& topic) { return make_kafka_topic_tail(kafka, topic); };
  real.open_store = [](const site_settings& site) { return std::make_unique<postgres_session>(site); };
  real.open_outbox = [](const site_settings& site) { return std::make_unique<postgres_outbox>(site); };
  return real;
}

}  // namespace matricula
