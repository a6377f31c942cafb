// SPDX-License-Identifier: Apache-2.0
// A race on purpose: a message's value, which librdkafka was given without copying it, is changed while librdkafka sends it.
// That ThreadSanitizer reports it shows that tests/races_instrumented.txt does not silence what librdkafka does with memory
// of ours.
#include "tests/sanitizers/three_times.hpp"

#include <chrono>
#include <librdkafka/rdkafka.h>
#include <string>

namespace {

bool is_delivered = false;

void note_delivery(rd_kafka_t*, const rd_kafka_message_t*, void*) { is_delivered = true; }

/// False: librdkafka made no producer with a broker of its own.
bool provoke() {
  rd_kafka_conf_t* settings = rd_kafka_conf_new();
  rd_kafka_conf_set(settings, "test.mock.num.brokers", "1", nullptr, 0);
  rd_kafka_conf_set_dr_msg_cb(settings, note_delivery);
  rd_kafka_t* producer = rd_kafka_new(RD_KAFKA_PRODUCER, settings, nullptr, 0);
  if (producer == nullptr)
    return false;
  std::string page(500'000, ' ');
  is_delivered = false;
  rd_kafka_topic_t* topic = rd_kafka_topic_new(producer, "race", nullptr);
  rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, 0, page.data(), page.size(), nullptr, 0, nullptr);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (!is_delivered && std::chrono::steady_clock::now() < until) {
    ++page.front();
    ++page.back();
    rd_kafka_poll(producer, 0);
  }
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(producer);
  return true;
}

}  // namespace

int main() { return three_times(provoke); }
