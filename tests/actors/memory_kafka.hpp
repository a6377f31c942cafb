// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/dedup/topic_scan.hpp"
#include "actors/fetch/topic_tail.hpp"
#include "actors/publish/producer.hpp"
#include "actors/subscribe/group_consumer.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace matricula::testing {

/// What can be refused; the last two can only throw.
enum class kafka_step {
  open,
  begin,
  send,
  commit,
  abort,
  plain_send,
  flush,
  seek,
  scan,
  subscribe,
  tail,
  poll,
  committed
};

/// Kafka in memory: topics with partitions, transactions with fencing and control markers, consumer groups of
/// which the first living member owns everything. Refuses by script. Single-threaded.
class memory_kafka {
 public:
  struct stored_message {
    std::string key, value, source;
    std::uint64_t content_hash = 0;
    revision_t revision = 0;
  };

  /// Topics named here have one partition, all others `partitions`.
  explicit memory_kafka(std::int32_t partitions)
      : partitions_(partitions) {}

  // ---- the script
  /// The next `times` calls of this step fail.
  void refuse(kafka_step step, failure why, std::size_t times = 1);
  /// After `successes` more calls of this step have succeeded, one fails.
  void refuse_after(kafka_step step, std::size_t successes, failure why);
  /// Every call of this step fails until accept.
  void refuse_always(kafka_step step, failure why);
  void accept(kafka_step step);
  /// Whether something is still to be refused, beside what always is.
  bool will_refuse() const;
  /// The next commit happens, but its answer is kafka_unavailable.
  void lose_commit_answer() { commit_answer_lost_ = true; }
  /// The next call of this step throws, in the middle of what its caller is doing.
  std::optional<kafka_step> throws_in;
  /// So many calls of scans hand out nothing yet, as where a transaction holds back the rest.
  std::size_t scans_in_vain = 0;

  // ---- the topics
  void append(const std::string& topic, std::int32_t partition, stored_message what);
  /// Messages in the order of their partitions and offsets.
  std::vector<stored_message> messages(const std::string& topic) const;
  /// The last value of every key.
  std::map<std::string, std::string> latest(const std::string& topic) const;
  std::int64_t end_offset(const std::string& topic, std::int32_t partition) const;
  /// How often a step was called, refusals included.
  std::size_t count(kafka_step step) const;

  // ---- the groups
  /// Without this, a group waits for `assign`.
  bool assigns_at_once = true;
  /// Without this, consumers are not called when messages come.
  bool calls_consumers = true;
  /// The group's first living member is given all partitions of its topics.
  void assign(const std::string& group);
  /// The owner loses its partitions; nobody is given them.
  void revoke(const std::string& group);
  /// The group's consumer tells of a problem.
  void report(const std::string& group, consumer_problem problem);
  std::size_t members(const std::string& group) const;
  /// What consumers were told, such as "begin ESO-46-0 at 5", "pause ESO-46-0".
  std::vector<std::string> calls;
  /// How often a consumer was told exactly this.
  std::size_t calls_of(const std::string& what) const;
  /// Messages handed to consumers of this group.
  std::size_t consumed(const std::string& group) const;
  /// The last offset that the group was told is applied; -1: none.
  std::int64_t noted(const topic_partition& where) const;
  /// Of those opened, how many are still there.
  std::size_t plain_producers = 0;
  /// Values that were not flushed, and no longer what was sent when their producer went.
  std::size_t values_lost = 0;

  // ---- the adapters
  transactional_producer_ptr open_transactional_producer(const std::string& id);
  plain_producer_ptr open_plain_producer();
  group_consumer_ptr open_consumer(const std::string& group);
  topic_scan_ptr open_scan(std::vector<std::string> topics);
  topic_tail_ptr open_tail(const std::string& topic);

 private:
  friend class memory_transactional_producer;
  friend class memory_plain_producer;
  friend class memory_consumer;
  friend class memory_scan;
  friend class memory_tail;

  using place = std::pair<std::string, std::int32_t>;
  using partition_log = std::deque<std::shared_ptr<const stored_message>>;  // null: a control marker

  struct place_read {
    std::int64_t position = 0;
    bool paused = true;
  };
  struct group_member {
    std::string group;
    std::vector<std::string> topics;
    std::function<void()> ready = [] {};
    std::deque<consumer_event> events;
    std::map<place, place_read> assigned;
    bool left = false;
  };
  using member_ptr = std::shared_ptr<group_member>;

  struct pending_message {
    place where;
    stored_message what;
  };

  std::int32_t partitions_of(const std::string& topic) const;
  place place_of(const outgoing_message& message) const;
  static stored_message copy_of(const outgoing_message& message);
  /// Counts the call and answers the failure that the script has for it.
  std::optional<failure> refused(kafka_step step);
  void may_throw(kafka_step step);
  void settle(const std::string& group);
  void leave(const member_ptr& who);
  void announce();
  member_ptr owner_of(const std::string& group) const;

  std::int32_t partitions_;
  std::map<place, partition_log> logs_;
  std::map<std::string, std::uint64_t> epochs_;
  std::vector<member_ptr> members_;
  std::map<kafka_step, std::deque<failure>> refusals_;  // of code none: let it pass
  std::map<kafka_step, failure> refused_always_;
  std::map<kafka_step, std::size_t> counts_;
  std::map<std::string, std::size_t> consumed_;
  std::map<place, std::int64_t> noted_;
  bool commit_answer_lost_ = false;
};

}  // namespace matricula::testing
