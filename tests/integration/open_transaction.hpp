// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/publish/kafka_client.hpp"
#include "actors/publish/kafka_producer.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace matricula {

/// Where a topic's first partition ends, what is not committed included.
inline std::int64_t uncommitted_end(const kafka_settings& kafka, const std::string& topic) {
  auto configuration = kafka_configuration(kafka, {{"isolation.level", "read_uncommitted"}});
  const auto client = kafka_client(RD_KAFKA_CONSUMER, *std::move(configuration));
  const auto held = ask_held_offsets(client->get(), kafka, topic, 0, std::chrono::seconds{10});
  if (!held)
    throw std::runtime_error{held.error().text};
  return held->end;
}

/// A page of a source's on its way: its transaction has a message with the key "page" in a topic, and is not over.
class open_transaction {
 public:
  open_transaction(const kafka_settings& kafka, const std::string& topic) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    const auto in_time = [&] { return std::chrono::steady_clock::now() < deadline; };
    bool open = false;
    while (!open && in_time()) {
      producer_ = make_kafka_transactional_producer(kafka, topic + ".page", {topic});
      open = static_cast<bool>(producer_->open());
    }
    const auto before = uncommitted_end(kafka, topic);
    if (!open || !producer_->begin() || !producer_->send({topic, 0, "page", "value", "itaca", 1, 1}))
      throw std::runtime_error{"no transaction could be begun in " + topic};
    while (uncommitted_end(kafka, topic) == before && in_time())
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }

  void commit() {
    const auto committed = producer_->commit();
    EXPECT_TRUE(committed) << committed.error().text;
  }
  void abort() {
    const auto aborted = producer_->abort();
    EXPECT_TRUE(aborted) << aborted.error().text;
  }

 private:
  transactional_producer_ptr producer_;
};

}  // namespace matricula
