// SPDX-License-Identifier: Apache-2.0
// A race on purpose: a callback of ours, on a thread of librdkafka's, writes what another thread reads. That
// ThreadSanitizer reports it shows that tests/races.txt silences the library, and nothing that we do within its calls.
#include "tests/sanitizers/three_times.hpp"

#include <chrono>
#include <librdkafka/rdkafka.h>

namespace {

int lines = 0;

void count_line(const rd_kafka_t*, int, const char*, const char*) { ++lines; }

/// False: librdkafka made no producer.
bool provoke() {
  rd_kafka_conf_t* settings = rd_kafka_conf_new();
  rd_kafka_conf_set(settings, "debug", "all", nullptr, 0);
  rd_kafka_conf_set(settings, "bootstrap.servers", "127.0.0.1:9", nullptr, 0);
  rd_kafka_conf_set_log_cb(settings, count_line);
  rd_kafka_t* producer = rd_kafka_new(RD_KAFKA_PRODUCER, settings, nullptr, 0);
  if (producer == nullptr)
    return false;
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  const int before = lines;
  while (lines < before + 50 && std::chrono::steady_clock::now() < until)
    rd_kafka_poll(producer, 10);
  rd_kafka_destroy(producer);
  return true;
}

}  // namespace

int main() { return three_times(provoke); }
