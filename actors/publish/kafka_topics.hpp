// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/topology.hpp"
#include "messages/errors.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace matricula {

/// A topic as the topology wants it.
struct planned_topic {
  std::string name;
  std::int32_t partitions = 1;
  bool more_partitions_allowed = false;  ///< nobody minds where a message lies
  bool computes_partition = false;       ///< a lane's: the publisher computes the partition of a centre
  std::int16_t replication = 1;
  std::map<std::string, std::string> settings;  ///< what is not to be the broker's default
  std::size_t message_bytes_min = 0;            ///< max.message.bytes must be no less
};

/// A topic as it is in Kafka.
struct existing_topic {
  std::int32_t partitions = 0;
  std::int32_t replicas_min = 0, replicas_max = 0;  ///< of its partitions
  std::map<std::string, std::string> settings;      ///< all of them, defaults too
};

/// One thing in which Kafka is not as the topology says.
struct topic_difference {
  std::string topic;
  bool missing = false;  ///< the topic does not exist: create_topics makes it
  std::string what;      ///< "has 3 partitions, 2 are wanted"
  std::string mend;      ///< what to do about it, a sentence
};

/// Every topic of the topology: the lanes', in their order, then cursors, quarantine and outcomes. All are
/// compacted; all take min.insync.replicas from [kafka.topic_properties], the lanes' take the rest too.
std::vector<planned_topic> topics_of(const topology& all);

/// In what `found` is not as planned; nothing found is a topic that does not exist. `bootstrap` is Kafka's
/// address and `file` the topology's, for the commands in the texts.
std::vector<topic_difference> differences_of(const planned_topic& planned,
                                             const std::optional<existing_topic>& found,
                                             const std::string& bootstrap, std::string_view file);

/// Compares what exists with what the topology says; no difference, no entry. Changes nothing. Waits up to
/// `wait` for Kafka to answer. Errors: kafka_unavailable, topic_mismatch (a bad property in
/// [kafka.properties]).
result<std::vector<topic_difference>> compare_topics(const topology& all, std::string_view file,
                                                     std::chrono::milliseconds wait);

/// Kafka's brokers, and for how long a dead one passes for a living one.
struct broker_facts {
  int brokers = 0;
  std::optional<std::chrono::milliseconds>
      session_timeout;  ///< broker.session.timeout.ms, as one of them has it
};

/// Asks one of them; waits up to `wait`. Errors as of compare_topics.
result<broker_facts> ask_brokers(const kafka_settings& settings, std::chrono::milliseconds wait);

/// What may go wrong when a broker dies: none if another has taken its place before our groups' members, whose
/// coordinator it may have been, give themselves up after `session_timeout`.
std::optional<std::string> broker_death_problem(const broker_facts& facts,
                                                std::chrono::milliseconds session_timeout);

/// Creates the topics that do not exist and leaves the others as they are; answers the names of those
/// created. Waits up to `wait` for Kafka to answer, and as long again for the topics. Errors:
/// kafka_unavailable, topic_mismatch (Kafka refuses to create one, and says why).
result<std::vector<std::string>> create_topics(const topology& all, std::chrono::milliseconds wait);

}  // namespace matricula
