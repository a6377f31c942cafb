// SPDX-License-Identifier: Apache-2.0
#include "actors/publish/kafka_topics.hpp"

#include "actors/publish/kafka_client.hpp"
#include "config/message_bytes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <set>
#include <thread>

namespace matricula {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds retry_delay{200};
constexpr milliseconds visibility_wait_min{10'000};
/// For how long a broker that has just started may not know what the others know.
constexpr milliseconds catching_up_max{5'000};
constexpr const char* replicas_setting = "min.insync.replicas";
constexpr const char* message_bytes_setting = "max.message.bytes";
constexpr const char* broker_session_setting = "broker.session.timeout.ms";

std::string counted(std::int64_t count, const std::string& one) {
  return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

milliseconds time_left(std::chrono::steady_clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<milliseconds>(deadline - std::chrono::steady_clock::now());
  return std::max(left, milliseconds{0});
}

/// librdkafka takes a time-out of 0 for "at once, or not at all".
int timeout_until(std::chrono::steady_clock::time_point deadline) {
  return static_cast<int>(std::max<milliseconds::rep>(time_left(deadline).count(), 1));
}

using topic_options = std::unique_ptr<rd_kafka_NewTopic_t, decltype(&rd_kafka_NewTopic_destroy)>;
using config_resource =
    std::unique_ptr<rd_kafka_ConfigResource_t, decltype(&rd_kafka_ConfigResource_destroy)>;
using admin_options = std::unique_ptr<rd_kafka_AdminOptions_t, decltype(&rd_kafka_AdminOptions_destroy)>;

/// Kafka's administration, asked and awaited.
class administration {
 public:
  administration(const kafka_settings& settings, milliseconds wait)
      : settings_(settings)
      , deadline_(std::chrono::steady_clock::now() + wait) {}

  /// Errors: topic_mismatch.
  result<done> open() {
    // What goes wrong is told in the answer, so that a table is not mixed with log lines.
    auto configuration = kafka_configuration(settings_, {{"log_level", "0"}});
    if (!configuration)
      return configuration.error();
    rd_kafka_conf_set_opaque(configuration->get(), this);
    rd_kafka_conf_set_error_cb(configuration->get(), [](rd_kafka_t*, int, const char* why, void* self) {
      static_cast<administration*>(self)->last_error_ = why;
    });
    auto client = kafka_client(RD_KAFKA_PRODUCER, *std::move(configuration));
    if (!client)
      return client.error();
    client_ = *std::move(client);
    queue_.reset(rd_kafka_queue_new(client_.get()));
    return done{};
  }

  /// Gives the next calls this long, beginning now.
  void wait_from_now(milliseconds wait) { deadline_ = std::chrono::steady_clock::now() + wait; }

  /// Every topic with its partitions; without its settings.
  result<std::map<std::string, existing_topic>> topics() {
    for (;;) {
      const rd_kafka_metadata_t* metadata = nullptr;
      const auto error = rd_kafka_metadata(client_.get(), 1, nullptr, &metadata, timeout_until(deadline_));
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
        const std::unique_ptr<const rd_kafka_metadata_t, decltype(&rd_kafka_metadata_destroy)> owned{
            metadata, &rd_kafka_metadata_destroy};
        brokers_ = metadata->broker_cnt;
        if (brokers_ > 0)
          some_broker_ = metadata->brokers[0].id;
        return read(*metadata);
      }
      if (time_left(deadline_).count() == 0)
        return unavailable("asking for its topics", rd_kafka_err2str(error));
      std::this_thread::sleep_for(std::min(retry_delay, time_left(deadline_)));
    }
  }

  /// The same, once it holds all of these: whoever is asked may not have heard yet what the others know. Without, if
  /// no broker tells of them in this time.
  result<std::map<std::string, existing_topic>> topics_with(const std::vector<std::string>& names,
                                                            milliseconds wait) {
    const auto until = std::chrono::steady_clock::now() + wait;
    for (;;) {
      auto seen = topics();
      if (!seen || std::chrono::steady_clock::now() >= until ||
          std::all_of(names.begin(), names.end(), [&](const auto& name) { return seen->count(name) != 0; }))
        return seen;
      std::this_thread::sleep_for(retry_delay / 4);
    }
  }

  /// How many there are; 0 before the first answer.
  int brokers() const { return brokers_; }

  /// The settings of one of the brokers. Precondition: topics has answered.
  result<std::map<std::string, std::string>> broker_settings() {
    const auto id = std::to_string(some_broker_);
    auto found = settings_of(RD_KAFKA_RESOURCE_BROKER, {id});
    if (!found)
      return found.error();
    return std::move((*found)[id]);
  }

  /// Adds the settings of these topics. Precondition: they exist.
  result<done> describe(const std::vector<std::string>& names,
                        std::map<std::string, existing_topic>& topics) {
    auto found = settings_of(RD_KAFKA_RESOURCE_TOPIC, names);
    if (!found)
      return found.error();
    for (auto& [name, settings] : *found)
      topics[name].settings = std::move(settings);
    return done{};
  }

  /// The settings of these, by name, defaults too.
  result<std::map<std::string, std::map<std::string, std::string>>>
  settings_of(rd_kafka_ResourceType_t kind, const std::vector<std::string>& names) {
    const std::string of_what = kind == RD_KAFKA_RESOURCE_TOPIC ? "topic" : "broker";
    std::vector<config_resource> resources;
    std::vector<rd_kafka_ConfigResource_t*> raw;
    for (const auto& name : names) {
      resources.emplace_back(rd_kafka_ConfigResource_new(kind, name.c_str()),
                             &rd_kafka_ConfigResource_destroy);
      raw.push_back(resources.back().get());
    }
    const auto options = options_for(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_DescribeConfigs(client_.get(), raw.data(), raw.size(), options.get(), queue_.get());
    const auto event = answer();
    if (!event || rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR)
      return unavailable("asking for the settings of " + of_what + 's', error_text(event.get()));
    std::map<std::string, std::map<std::string, std::string>> found;
    std::size_t count = 0;
    const auto* const* described =
        rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.get()), &count);
    for (std::size_t i = 0; i < count; ++i) {
      const std::string name = rd_kafka_ConfigResource_name(described[i]);
      if (rd_kafka_ConfigResource_error(described[i]) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        const auto* const why = rd_kafka_ConfigResource_error_string(described[i]);
        return unavailable("asking for the settings of " + of_what + ' ' + name,
                           why == nullptr ? "no reason given" : why);
      }
      std::size_t entries = 0;
      const auto* const* settings = rd_kafka_ConfigResource_configs(described[i], &entries);
      for (std::size_t k = 0; k < entries; ++k)
        if (const auto* const value = rd_kafka_ConfigEntry_value(settings[k]); value != nullptr)
          found[name][rd_kafka_ConfigEntry_name(settings[k])] = value;
    }
    return found;
  }

  /// Creates topics; one that somebody else has created meanwhile is as good.
  result<done> create(const std::vector<planned_topic>& planned) {
    std::vector<topic_options> topics;
    std::vector<rd_kafka_NewTopic_t*> raw;
    char why[512];
    for (const auto& topic : planned) {
      topics.emplace_back(
          rd_kafka_NewTopic_new(topic.name.c_str(), topic.partitions, topic.replication, why, sizeof why),
          &rd_kafka_NewTopic_destroy);
      if (!topics.back())
        return failure{error_code::topic_mismatch, "topic " + topic.name + ": " + why};
      auto settings = topic.settings;
      if (topic.message_bytes_min > 0)  // whatever the broker's own default is
        settings.try_emplace(message_bytes_setting,
                             std::to_string(std::max(topic.message_bytes_min, topic_message_bytes_max)));
      for (const auto& [name, value] : settings)
        rd_kafka_NewTopic_set_config(topics.back().get(), name.c_str(), value.c_str());
      raw.push_back(topics.back().get());
    }
    const auto options = options_for(RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_CreateTopics(client_.get(), raw.data(), raw.size(), options.get(), queue_.get());
    const auto event = answer();
    if (!event || rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR)
      return unavailable("creating topics", error_text(event.get()));
    std::size_t count = 0;
    const auto* const* created =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
    std::string refused;
    for (std::size_t i = 0; i < count; ++i) {
      const auto error = rd_kafka_topic_result_error(created[i]);
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
        continue;
      const auto* const text = rd_kafka_topic_result_error_string(created[i]);
      refused += (refused.empty() ? "topic " : "; topic ") +
                 std::string{rd_kafka_topic_result_name(created[i])} + ": " +
                 (text == nullptr ? rd_kafka_err2str(error) : text);
    }
    if (!refused.empty())
      return failure{error_code::topic_mismatch,
                     "Kafka at " + settings_.bootstrap + " refuses to create " + refused};
    return done{};
  }

  failure unavailable(std::string_view during, const std::string& why) {
    rd_kafka_poll(client_.get(), 0);  // hands over the reason behind the reason
    return kafka_failure(settings_, during, last_error_.empty() ? why : last_error_);
  }

 private:
  static std::map<std::string, existing_topic> read(const rd_kafka_metadata_t& metadata) {
    std::map<std::string, existing_topic> topics;
    for (int i = 0; i < metadata.topic_cnt; ++i) {
      const auto& topic = metadata.topics[i];
      if (topic.partition_cnt == 0)
        continue;
      auto& found = topics[topic.topic];
      found.partitions = topic.partition_cnt;
      found.replicas_min = found.replicas_max = topic.partitions[0].replica_cnt;
      for (int partition = 0; partition < topic.partition_cnt; ++partition) {
        found.replicas_min =
            std::min<std::int32_t>(found.replicas_min, topic.partitions[partition].replica_cnt);
        found.replicas_max =
            std::max<std::int32_t>(found.replicas_max, topic.partitions[partition].replica_cnt);
      }
    }
    return topics;
  }

  admin_options options_for(rd_kafka_admin_op_t operation) {
    admin_options options{rd_kafka_AdminOptions_new(client_.get(), operation),
                          &rd_kafka_AdminOptions_destroy};
    char why[256];
    const auto timeout = timeout_until(deadline_);
    rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout, why, sizeof why);
    if (operation == RD_KAFKA_ADMIN_OP_CREATETOPICS)
      rd_kafka_AdminOptions_set_operation_timeout(options.get(), timeout, why, sizeof why);
    return options;
  }

  /// The request's own time-out comes first; the margin is for the event to arrive.
  kafka_handle<rd_kafka_event_t> answer() {
    constexpr int margin_ms = 2'000;
    return kafka_handle<rd_kafka_event_t>{
        rd_kafka_queue_poll(queue_.get(), timeout_until(deadline_) + margin_ms)};
  }

  static std::string error_text(rd_kafka_event_t* event) {
    const char* text = event == nullptr ? nullptr : rd_kafka_event_error_string(event);
    return text == nullptr ? "no answer in time" : text;
  }

  const kafka_settings& settings_;
  std::chrono::steady_clock::time_point deadline_;
  int brokers_ = 0;
  std::int32_t some_broker_ = 0;
  std::string last_error_;
  kafka_handle<rd_kafka_t> client_;
  kafka_handle<rd_kafka_queue_t> queue_;
};

planned_topic own_topic(const kafka_settings& kafka, const std::string& name, bool more_partitions_allowed) {
  planned_topic topic{
      name, 1, more_partitions_allowed, false, kafka.replication, {{"cleanup.policy", "compact"}}, 0};
  if (const auto found = kafka.topic_properties.find(replicas_setting); found != kafka.topic_properties.end())
    topic.settings.insert(*found);
  return topic;
}

/// One of Kafka's own commands, at the address that the topology gives.
std::string kafka_command(std::string_view name, const std::string& bootstrap) {
  return std::string{name} + " --bootstrap-server " + bootstrap;
}

/// Whether the topic is known to take no message as large as one that the topology allows.
bool takes_too_little(const planned_topic& planned, const existing_topic& found) {
  const auto setting = found.settings.find(message_bytes_setting);
  if (setting == found.settings.end())
    return false;
  const auto& text = setting->second;
  std::size_t bytes = 0;
  return std::from_chars(text.data(), text.data() + text.size(), bytes).ec == std::errc{} &&
         bytes < planned.message_bytes_min;
}

/// A topic whose number of partitions is wrong cannot be altered: its messages would stay where they are.
std::string partitions_mend(const planned_topic& planned, const existing_topic& found,
                            const std::string& bootstrap, const std::string& create) {
  const auto anew = "while nothing runs, " + kafka_command("kafka-topics.sh", bootstrap) +
                    " --delete --topic " + planned.name + " and then " + create;
  if (!planned.computes_partition)
    return anew;
  return "a centre's partition is computed from that number: write partitions = " +
         std::to_string(found.partitions) + " in [kafka], or, " + anew +
         "; the next sweep fills it, and its sites' rows of matricula.positions must go";
}

}  // namespace

std::vector<planned_topic> topics_of(const topology& all) {
  std::vector<planned_topic> topics;
  std::set<std::string> seen;
  for (const auto& lane : all.lanes) {
    if (!seen.insert(lane.topic).second)
      continue;
    planned_topic topic{
        lane.topic, all.kafka.partitions, false, true, all.kafka.replication, all.kafka.topic_properties, 0};
    topic.settings["cleanup.policy"] = "compact";
    topic.message_bytes_min = message_bytes_max(all.limits.record_bytes_max);
    topics.push_back(std::move(topic));
  }
  topics.push_back(own_topic(all.kafka, all.kafka.cursors_topic, false));
  topics.push_back(own_topic(all.kafka, all.kafka.quarantine_topic, true));
  topics.push_back(own_topic(all.kafka, all.kafka.outcomes_topic, true));
  return topics;
}

std::vector<topic_difference> differences_of(const planned_topic& planned,
                                             const std::optional<existing_topic>& found,
                                             const std::string& bootstrap, std::string_view file) {
  const auto create = "matricula topics " + std::string{file} + " --create";
  if (!found)
    return {{planned.name, true, "does not exist", create + " makes it"}};

  std::vector<topic_difference> differences;
  const auto differs = [&](std::string what, std::string mend) {
    differences.push_back({planned.name, false, std::move(what), std::move(mend)});
  };
  const bool too_few = found->partitions < planned.partitions;
  const bool too_many = found->partitions > planned.partitions && !planned.more_partitions_allowed;
  if (too_few || too_many)
    differs("has " + counted(found->partitions, "partition") + ", not " + std::to_string(planned.partitions),
            partitions_mend(planned, *found, bootstrap, create));
  if (found->replicas_min != planned.replication || found->replicas_max != planned.replication)
    differs(
        "has " + counted(found->replicas_min, "replica") +
            (found->replicas_min == found->replicas_max ? "" : " to " + std::to_string(found->replicas_max)) +
            ", not " + std::to_string(planned.replication),
        "write replication = " + std::to_string(found->replicas_min) +
            " in [kafka], or move its replicas with " +
            kafka_command("kafka-reassign-partitions.sh", bootstrap));
  for (const auto& [name, wanted] : planned.settings) {
    const auto setting = found->settings.find(name);
    if (setting != found->settings.end() && setting->second == wanted)
      continue;
    differs(name + (setting == found->settings.end() ? " is unknown" : " is " + setting->second) + ", not " +
                wanted,
            kafka_command("kafka-configs.sh", bootstrap) + " --alter --topic " + planned.name +
                " --add-config " + name + "=" + wanted);
  }
  if (takes_too_little(planned, *found)) {
    const auto needed = std::to_string(planned.message_bytes_min);
    differs(std::string{message_bytes_setting} + " is " + found->settings.at(message_bytes_setting) +
                ", less than " + needed + ", which a record of record_bytes_max may need",
            kafka_command("kafka-configs.sh", bootstrap) + " --alter --topic " + planned.name +
                " --add-config " + message_bytes_setting + "=" + needed);
  }
  return differences;
}

result<std::vector<topic_difference>> compare_topics(const topology& all, std::string_view file,
                                                     milliseconds wait) {
  administration kafka{all.kafka, wait};
  if (const auto opened = kafka.open(); !opened)
    return opened.error();
  const auto planned = topics_of(all);
  std::vector<std::string> names;
  for (const auto& topic : planned)
    names.push_back(topic.name);
  auto existing = kafka.topics();
  if (existing && kafka.brokers() > 1) {
    kafka.wait_from_now(catching_up_max + wait);
    existing = kafka.topics_with(names, catching_up_max);
    kafka.wait_from_now(wait);
  }
  if (!existing)
    return existing.error();
  std::vector<std::string> known;
  std::copy_if(names.begin(), names.end(), std::back_inserter(known),
               [&](const auto& name) { return existing->count(name) != 0; });
  if (!known.empty())
    if (const auto described = kafka.describe(known, *existing); !described)
      return described.error();

  std::vector<topic_difference> differences;
  for (const auto& topic : planned) {
    const auto found = existing->find(topic.name);
    for (auto& difference :
         differences_of(topic, found == existing->end() ? std::nullopt : std::optional{found->second},
                        all.kafka.bootstrap, file))
      differences.push_back(std::move(difference));
  }
  return differences;
}

result<broker_facts> ask_brokers(const kafka_settings& settings, milliseconds wait) {
  administration kafka{settings, wait};
  if (const auto opened = kafka.open(); !opened)
    return opened.error();
  if (const auto topics = kafka.topics(); !topics)
    return topics.error();
  const auto found = kafka.broker_settings();
  if (!found)
    return found.error();
  broker_facts facts{kafka.brokers(), {}};
  if (const auto timeout = found->find(broker_session_setting); timeout != found->end())
    facts.session_timeout = milliseconds{std::stoll(timeout->second)};
  return facts;
}

std::optional<std::string> broker_death_problem(const broker_facts& facts, milliseconds session_timeout) {
  if (facts.brokers < 2 || !facts.session_timeout || *facts.session_timeout * 2 <= session_timeout)
    return std::nullopt;
  return fmt::format(
      "a broker that dies is missed after {} ms ({}), our groups' members give themselves up after {} "
      "(session.timeout.ms): its death may stop the sites for twice as long",
      facts.session_timeout->count(), broker_session_setting, session_timeout.count());
}

result<std::vector<std::string>> create_topics(const topology& all, milliseconds wait) {
  administration kafka{all.kafka, wait};
  if (const auto opened = kafka.open(); !opened)
    return opened.error();
  const auto existing = kafka.topics();
  if (!existing)
    return existing.error();
  std::vector<planned_topic> missing;
  std::vector<std::string> names;
  for (auto& topic : topics_of(all))
    if (existing->count(topic.name) == 0) {
      names.push_back(topic.name);
      missing.push_back(std::move(topic));
    }
  if (missing.empty())
    return names;
  kafka.wait_from_now(std::max(wait, visibility_wait_min));
  if (const auto created = kafka.create(missing); !created)
    return created.error();
  const auto seen = kafka.topics_with(names, visibility_wait_min);
  if (!seen)
    return seen.error();
  if (std::any_of(names.begin(), names.end(), [&](const auto& name) { return seen->count(name) == 0; }))
    return kafka.unavailable("creating topics", "they are created, and no broker shows them yet");
  return names;
}

}  // namespace matricula
