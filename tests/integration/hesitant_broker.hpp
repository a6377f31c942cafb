// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/publish/kafka_client.hpp"
#include "config/topology.hpp"

#include <librdkafka/rdkafka_mock.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace matricula {

/// Requests of Kafka's protocol.
inline constexpr std::int16_t list_offsets = 2, leave_group = 13, sync_group = 14, add_partitions_to_txn = 24,
                              end_txn = 26;

/// librdkafka's own broker, with a topic of one partition.
class hesitant_broker {
 public:
  hesitant_broker(const kafka_settings& like, const std::string& topic)
      : settings_(like)
      , client_(*kafka_client(RD_KAFKA_PRODUCER, *kafka_configuration(like, {})))
      , cluster_(rd_kafka_mock_cluster_new(client_.get(), 1), &rd_kafka_mock_cluster_destroy) {
    settings_.bootstrap = rd_kafka_mock_cluster_bootstraps(cluster_.get());
    rd_kafka_mock_topic_create(cluster_.get(), topic.c_str(), 1, 1);
  }

  const kafka_settings& settings() const { return settings_; }

  /// The next of these requests is answered so much later.
  void hesitates_at(std::int16_t request, std::chrono::milliseconds how_long) const {
    rd_kafka_mock_broker_push_request_error_rtts(cluster_.get(), 1, request, 1, RD_KAFKA_RESP_ERR_NO_ERROR,
                                                 static_cast<int>(how_long.count()));
  }
  /// Whether it has had the request that it hesitates at.
  bool has_had(std::int16_t request) const {
    std::size_t to_come = 0;
    rd_kafka_mock_broker_error_stack_cnt(cluster_.get(), 1, request, &to_come);
    return to_come == 0;
  }

 private:
  kafka_settings settings_;
  kafka_handle<rd_kafka_t> client_;
  std::unique_ptr<rd_kafka_mock_cluster_t, decltype(&rd_kafka_mock_cluster_destroy)> cluster_;
};

}  // namespace matricula
