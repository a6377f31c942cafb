// SPDX-License-Identifier: Apache-2.0
#include "tests/actors/memory_kafka.hpp"

#include "messages/hashing.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

namespace matricula::testing {
namespace {

std::string name_of_place(const topic_partition& where) {
  return where.topic + "-" + std::to_string(where.partition);
}

}  // namespace

class memory_transactional_producer final : public transactional_producer {
 public:
  memory_transactional_producer(memory_kafka& kafka, std::string id)
      : kafka_(kafka)
      , id_(std::move(id)) {}

  result<done> open() override {
    if (auto why = kafka_.refused(kafka_step::open))
      return *why;
    epoch_ = ++kafka_.epochs_[id_];
    return done{};
  }

  result<done> begin() override { return allowed(kafka_step::begin); }

  result<done> send(const outgoing_message& message) override {
    auto sent = allowed(kafka_step::send);
    if (sent)
      pending_.push_back({kafka_.place_of(message), memory_kafka::copy_of(message)});
    return sent;
  }

  result<std::vector<partition_end>> commit() override {
    if (const auto may = allowed(kafka_step::commit); !may)
      return may.error();
    std::map<memory_kafka::place, std::int64_t> lanes;
    std::set<memory_kafka::place> touched;
    for (auto& [where, what] : pending_) {
      touched.insert(where);
      auto& log = kafka_.logs_[where];
      if (!what.source.empty())
        lanes[where] = static_cast<std::int64_t>(log.size());
      log.push_back(std::make_shared<memory_kafka::stored_message>(std::move(what)));
    }
    for (const auto& where : touched)
      kafka_.logs_[where].push_back(nullptr);
    pending_.clear();
    kafka_.announce();
    kafka_.may_throw(kafka_step::committed);
    if (std::exchange(kafka_.commit_answer_lost_, false))
      return failure{error_code::kafka_unavailable, "no answer to a commit"};
    std::vector<partition_end> ends;
    for (const auto& [where, offset] : lanes)
      ends.push_back({{where.first, where.second}, offset});
    return ends;
  }

  result<done> abort() override {
    pending_.clear();
    return allowed(kafka_step::abort);
  }

 private:
  result<done> allowed(kafka_step step) {
    if (auto why = kafka_.refused(step))
      return *why;
    if (epoch_ != kafka_.epochs_[id_])
      return failure{error_code::publisher_fenced, id_ + " has a newer owner"};
    return done{};
  }

  memory_kafka& kafka_;
  std::string id_;
  std::uint64_t epoch_ = 0;
  std::vector<memory_kafka::pending_message> pending_;
};

class memory_plain_producer final : public plain_producer {
 public:
  explicit memory_plain_producer(memory_kafka& kafka)
      : kafka_(kafka) {
    ++kafka_.plain_producers;
  }
  ~memory_plain_producer() override {
    --kafka_.plain_producers;
    for (std::size_t i = 0; i < pending_.size(); ++i)
      kafka_.values_lost += values_[i] == pending_[i].what.value ? 0U : 1U;
  }
  memory_plain_producer(const memory_plain_producer&) = delete;
  memory_plain_producer& operator=(const memory_plain_producer&) = delete;

  result<done> send(const outgoing_message& message) override {
    if (auto why = kafka_.refused(kafka_step::plain_send))
      return *why;
    pending_.push_back({kafka_.place_of(message), memory_kafka::copy_of(message)});
    values_.push_back(message.value);
    return done{};
  }

  result<done> flush() override {
    if (auto why = kafka_.refused(kafka_step::flush))
      return *why;
    for (auto& [where, what] : pending_)
      kafka_.append(where.first, where.second, std::move(what));
    pending_.clear();
    values_.clear();
    return done{};
  }

 private:
  memory_kafka& kafka_;
  std::vector<memory_kafka::pending_message> pending_;
  std::vector<std::string_view> values_;  // where they stand
};

class memory_consumer final : public group_consumer {
 public:
  memory_consumer(memory_kafka& kafka, std::string group)
      : kafka_(kafka)
      , member_(std::make_shared<memory_kafka::group_member>()) {
    member_->group = std::move(group);
  }
  ~memory_consumer() override {
    member_->ready = [] {};
    kafka_.leave(member_);
  }

  void on_ready(std::function<void()> ready) override { member_->ready = std::move(ready); }

  result<done> subscribe(const std::vector<std::string>& topics) override {
    if (auto why = kafka_.refused(kafka_step::subscribe))
      return *why;
    member_->topics = topics;
    kafka_.members_.push_back(member_);
    kafka_.settle(member_->group);
    return done{};
  }

  consumer_event poll() override {
    kafka_.may_throw(kafka_step::poll);
    ++kafka_.counts_[kafka_step::poll];
    if (member_->left)
      return {};
    if (!member_->events.empty()) {
      auto event = std::move(member_->events.front());
      member_->events.pop_front();
      return event;
    }
    for (auto& [where, reading] : member_->assigned) {
      const auto& log = kafka_.logs_[where];
      auto& position = reading.position;
      while (!reading.paused && static_cast<std::size_t>(position) < log.size()) {
        const auto& stored = log[static_cast<std::size_t>(position++)];
        if (!stored)
          continue;
        ++kafka_.consumed_[member_->group];
        return consumed_message{
            {where.first, where.second},
            {position - 1, stored->key, stored->value, stored->content_hash, stored->revision},
            stored};
      }
    }
    return {};
  }

  result<done> begin(const topic_partition& from, std::int64_t offset) override {
    if (auto why = kafka_.refused(kafka_step::seek))
      return *why;
    kafka_.calls.push_back("begin " + name_of_place(from) + " at " + std::to_string(offset));
    const auto found = member_->assigned.find({from.topic, from.partition});
    if (found == member_->assigned.end())
      return failure{error_code::kafka_unavailable, "not assigned"};
    found->second = {offset, false};
    return done{};
  }
  void pause(const topic_partition& from) override {
    kafka_.calls.push_back("pause " + name_of_place(from));
    set_paused(from, true);
  }
  void resume(const topic_partition& from) override {
    kafka_.calls.push_back("resume " + name_of_place(from));
    set_paused(from, false);
    member_->ready();
  }
  std::int64_t behind(const topic_partition& from, std::int64_t next_offset) const override {
    auto end = kafka_.end_offset(from.topic, from.partition);
    if (end > 0 && !kafka_.logs_[{from.topic, from.partition}].back())
      --end;
    return std::max<std::int64_t>(0, end - next_offset);
  }
  void ask_end(const topic_partition&) override {}
  void note_applied(const topic_partition& from, std::int64_t next_offset) override {
    kafka_.noted_[{from.topic, from.partition}] = next_offset;
  }
  void leave() override {
    if (!member_->left)
      kafka_.calls.push_back("leave " + member_->group);
    kafka_.leave(member_);
  }

 private:
  void set_paused(const topic_partition& where, bool paused) {
    const auto found = member_->assigned.find({where.topic, where.partition});
    if (found != member_->assigned.end())
      found->second.paused = paused;
  }

  memory_kafka& kafka_;
  memory_kafka::member_ptr member_;
};

class memory_scan final : public topic_scan {
 public:
  memory_scan(memory_kafka& kafka, std::vector<std::string> topics)
      : kafka_(kafka)
      , topics_(std::move(topics)) {}

  result<bool> next(std::size_t messages_max, const on_message& each) override {
    if (auto why = kafka_.refused(kafka_step::scan))
      return *why;
    if (!started_)
      gather();
    if (kafka_.scans_in_vain > 0) {
      --kafka_.scans_in_vain;
      return true;
    }
    for (std::size_t handed = 0; handed < messages_max && read_ < all_.size(); ++handed, ++read_) {
      const auto& [index, partition, offset, stored] = all_[read_];
      each({index, partition, {offset, stored->key, stored->value, stored->content_hash, stored->revision}});
    }
    return read_ < all_.size();
  }
  std::uint64_t messages_read() const override { return read_; }
  std::uint64_t messages_total() const override { return all_.size(); }

 private:
  struct found {
    std::size_t topic_index;
    std::int32_t partition;
    std::int64_t offset;
    std::shared_ptr<const memory_kafka::stored_message> stored;
  };

  void gather() {
    started_ = true;
    for (std::size_t i = 0; i < topics_.size(); ++i)
      for (const auto& [where, log] : kafka_.logs_)
        if (where.first == topics_[i])
          for (std::size_t offset = 0; offset < log.size(); ++offset)
            if (log[offset])
              all_.push_back({i, where.second, static_cast<std::int64_t>(offset), log[offset]});
  }

  memory_kafka& kafka_;
  std::vector<std::string> topics_;
  bool started_ = false;
  std::vector<found> all_;
  std::size_t read_ = 0;
};

class memory_tail final : public topic_tail {
 public:
  memory_tail(memory_kafka& kafka, std::string topic)
      : kafka_(kafka)
      , topic_(std::move(topic)) {}

  result<bool> poll(std::size_t messages_max, const on_message& each) override {
    if (auto why = kafka_.refused(kafka_step::tail))
      return *why;
    for (const auto& [where, log] : kafka_.logs_) {
      if (where.first != topic_)
        continue;
      for (auto& next = next_[where.second]; next < log.size();) {
        const auto& stored = log[next];
        if (stored && messages_max-- == 0)
          return caught_up_;
        ++next;
        if (stored)
          each({0, where.second, {static_cast<std::int64_t>(next) - 1, stored->key, stored->value, 0, 0}});
      }
    }
    return caught_up_ = true;
  }

 private:
  memory_kafka& kafka_;
  std::string topic_;
  bool caught_up_ = false;
  std::map<std::int32_t, std::size_t> next_;  // by partition
};

void memory_kafka::refuse(kafka_step step, failure why, std::size_t times) {
  for (std::size_t i = 0; i < times; ++i)
    refusals_[step].push_back(why);
}

void memory_kafka::refuse_after(kafka_step step, std::size_t successes, failure why) {
  refusals_[step].resize(refusals_[step].size() + successes);
  refusals_[step].push_back(std::move(why));
}

void memory_kafka::refuse_always(kafka_step step, failure why) { refused_always_[step] = std::move(why); }

void memory_kafka::accept(kafka_step step) {
  refused_always_.erase(step);
  refusals_.erase(step);
}

bool memory_kafka::will_refuse() const {
  return commit_answer_lost_ ||
         std::any_of(refusals_.begin(), refusals_.end(), [](const auto& of) { return !of.second.empty(); });
}

void memory_kafka::may_throw(kafka_step step) {
  if (throws_in != step)
    return;
  throws_in.reset();
  throw std::logic_error{"a bug, as planned"};
}

std::optional<failure> memory_kafka::refused(kafka_step step) {
  may_throw(step);
  ++counts_[step];
  if (auto& next = refusals_[step]; !next.empty()) {
    auto why = std::move(next.front());
    next.pop_front();
    return why.code == error_code::none ? std::nullopt : std::optional{why};
  }
  const auto always = refused_always_.find(step);
  return always == refused_always_.end() ? std::nullopt : std::optional{always->second};
}

void memory_kafka::append(const std::string& topic, std::int32_t partition, stored_message what) {
  logs_[{topic, partition}].push_back(std::make_shared<stored_message>(std::move(what)));
  announce();
}

std::vector<memory_kafka::stored_message> memory_kafka::messages(const std::string& topic) const {
  std::vector<stored_message> all;
  for (const auto& [where, log] : logs_)
    if (where.first == topic)
      for (const auto& stored : log)
        if (stored)
          all.push_back(*stored);
  return all;
}

std::map<std::string, std::string> memory_kafka::latest(const std::string& topic) const {
  std::map<std::string, std::string> last;
  for (const auto& stored : messages(topic))
    last[stored.key] = stored.value;
  return last;
}

std::int64_t memory_kafka::end_offset(const std::string& topic, std::int32_t partition) const {
  const auto found = logs_.find({topic, partition});
  return found == logs_.end() ? 0 : static_cast<std::int64_t>(found->second.size());
}

std::size_t memory_kafka::count(kafka_step step) const {
  const auto found = counts_.find(step);
  return found == counts_.end() ? 0 : found->second;
}

std::int32_t memory_kafka::partitions_of(const std::string& topic) const {
  return topic.rfind("matricula.", 0) == 0 ? 1 : partitions_;
}

memory_kafka::place memory_kafka::place_of(const outgoing_message& message) const {
  std::string topic{message.topic};
  const auto partition = message.partition >= 0
                             ? message.partition
                             : static_cast<std::int32_t>(key_hash_of(message.key) %
                                                         static_cast<std::uint64_t>(partitions_of(topic)));
  return {std::move(topic), partition};
}

memory_kafka::stored_message memory_kafka::copy_of(const outgoing_message& message) {
  return {std::string{message.key}, std::string{message.value}, std::string{message.source},
          message.content_hash, message.revision};
}

memory_kafka::member_ptr memory_kafka::owner_of(const std::string& group) const {
  for (const auto& member : members_)
    if (member->group == group && !member->assigned.empty())
      return member;
  return nullptr;
}

void memory_kafka::assign(const std::string& group) {
  for (const auto& member : members_) {
    if (member->group != group)
      continue;
    partitions_assigned given;
    for (const auto& topic : member->topics)
      for (std::int32_t partition = 0; partition < partitions_of(topic); ++partition) {
        given.partitions.push_back({topic, partition});
        member->assigned[{topic, partition}] = {};
      }
    member->events.emplace_back(std::move(given));
    member->ready();
    return;
  }
}

void memory_kafka::revoke(const std::string& group) {
  const auto owner = owner_of(group);
  if (!owner)
    return;
  partitions_revoked taken;
  for (const auto& [where, reading] : owner->assigned)
    taken.partitions.push_back({where.first, where.second});
  owner->assigned.clear();
  owner->events.emplace_back(std::move(taken));
  owner->ready();
}

void memory_kafka::report(const std::string& group, consumer_problem problem) {
  if (const auto owner = owner_of(group)) {
    owner->events.emplace_back(std::move(problem));
    owner->ready();
  }
}

std::size_t memory_kafka::members(const std::string& group) const {
  return static_cast<std::size_t>(std::count_if(members_.begin(), members_.end(),
                                                [&](const auto& member) { return member->group == group; }));
}

std::size_t memory_kafka::calls_of(const std::string& what) const {
  return static_cast<std::size_t>(std::count(calls.begin(), calls.end(), what));
}

std::size_t memory_kafka::consumed(const std::string& group) const {
  const auto found = consumed_.find(group);
  return found == consumed_.end() ? 0 : found->second;
}

std::int64_t memory_kafka::noted(const topic_partition& where) const {
  const auto found = noted_.find({where.topic, where.partition});
  return found == noted_.end() ? -1 : found->second;
}

void memory_kafka::settle(const std::string& group) {
  if (assigns_at_once && !owner_of(group))
    assign(group);
}

void memory_kafka::leave(const member_ptr& who) {
  who->left = true;
  who->assigned.clear();
  who->events.clear();
  std::erase(members_, who);
  settle(who->group);
}

void memory_kafka::announce() {
  if (!calls_consumers)
    return;
  const auto all = members_;
  for (const auto& member : all)
    member->ready();
}

transactional_producer_ptr memory_kafka::open_transactional_producer(const std::string& id) {
  return std::make_unique<memory_transactional_producer>(*this, id);
}

plain_producer_ptr memory_kafka::open_plain_producer() {
  return std::make_unique<memory_plain_producer>(*this);
}

group_consumer_ptr memory_kafka::open_consumer(const std::string& group) {
  return std::make_unique<memory_consumer>(*this, group);
}

topic_scan_ptr memory_kafka::open_scan(std::vector<std::string> topics) {
  return std::make_unique<memory_scan>(*this, std::move(topics));
}

topic_tail_ptr memory_kafka::open_tail(const std::string& topic) {
  return std::make_unique<memory_tail>(*this, topic);
}

}  // namespace matricula::testing
