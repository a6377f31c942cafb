// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <librdkafka/rdkafka.h>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace matricula::faults {

/// A committed message.
struct read_message {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::string_view key, value;
  std::uint64_t revision = 0, content_hash = 0;  ///< 0: it has none
};

/// Reads topics, on librdkafka and nothing of matricula's. Errors are thrown as std::runtime_error.
class topic_reader {
 public:
  explicit topic_reader(const std::string& bootstrap);

  /// Every committed message from each partition's start to where it ends now, in order.
  void read_all(const std::string& topic, const std::function<void(const read_message&)>& each);
  /// Where the partitions end now, Kafka's own entries included.
  std::vector<std::int64_t> ends(const std::string& topic);
  /// The broker that leads a partition.
  int leader_of(const std::string& topic, int partition);
  /// The partitions of these topics that a broker leads.
  std::vector<std::pair<std::string, int>> led_by(int broker, const std::vector<std::string>& topics);
  /// The broker that coordinates the transactions of this id.
  int transaction_coordinator_of(const std::string& transactional_id);
  /// Lets Kafka delete all that the topic, or one partition of it, holds now, which a compacted topic refuses: it is
  /// another kind meanwhile.
  void delete_all(const std::string& topic, std::optional<std::int32_t> partition = {});

 private:
  /// The leader of each of its partitions.
  std::vector<int> leaders_of(const std::string& topic);
  int partitions_of(const std::string& topic) { return static_cast<int>(leaders_of(topic).size()); }
  /// Deletes what stands before these offsets; answers why it cannot, or nothing.
  std::string deleted(rd_kafka_topic_partition_list_t* before);
  void set_cleanup(const std::string& topic, const char* policy);

  struct closer {
    void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
  };
  std::unique_ptr<rd_kafka_t, closer> client_;
};

/// Writes a message as a lane's, at the end of its partition, whatever stands there already. Its time is given in
/// milliseconds since 1970; 0: now.
void append(const std::string& bootstrap, const std::string& topic, const read_message& message,
            std::int64_t time_ms = 0);

/// What is committed to a topic of one partition from now on.
class topic_tail {
 public:
  topic_tail(const std::string& bootstrap, const std::string& topic);
  ~topic_tail();
  topic_tail(const topic_tail&) = delete;
  topic_tail& operator=(const topic_tail&) = delete;

  /// Waits so long for the next message; whether one came.
  bool next(std::chrono::milliseconds wait);

 private:
  rd_kafka_t* client_;
};

}  // namespace matricula::faults
