// SPDX-License-Identifier: Apache-2.0
#include "config/addresses.hpp"
#include "config/lane_topics.hpp"
#include "config/validate.hpp"

#include <charconv>

namespace matricula::config {
namespace {

struct reserved_property {
  std::string_view name;
  std::string_view instead;
};

/// What the guarantees rest on, and so is not for a file to change.
constexpr reserved_property reserved_properties[] = {
    {"bootstrap.servers", "leave it out and write bootstrap in [kafka]"},
    {"metadata.broker.list", "leave it out and write bootstrap in [kafka]"},
    {"transactional.id", "leave it out; it is made of the source's name, so that a stale owner is fenced"},
    {"enable.idempotence", "leave it out; transactions need it on"},
    {"group.id", "leave it out; it is made of the names of the pipeline and the site"},
    {"enable.auto.commit", "leave it out; offsets live in the site's database"},
    {"enable.auto.offset.store", "leave it out; offsets live in the site's database"},
    {"auto.offset.reset", "leave it out; offsets live in the site's database"},
    {"partition.assignment.strategy", "leave it out; who has a partition keeps it when others come and go"},
    {"isolation.level", "leave it out; consumers read what is committed, and nothing else"},
    {"queued.max.messages.kbytes", "leave it out and write prefetch_bytes_max in [limits]"},
};

constexpr reserved_property reserved_topic_properties[] = {
    {"cleanup.policy", "leave it out; topics are compacted, so that a new site can be built from them"},
};

constexpr std::string_view secret_properties[] = {
    "sasl.password",
    "ssl.key.password",
    "ssl.keystore.password",
    "ssl.key.pem",
    "sasl.oauthbearer.client.secret",
};

template <class Reserved>
void report_reserved(const written_properties& properties, const Reserved& reserved, problem_list& problems) {
  for (const auto& each : reserved)
    if (const auto found = properties.find(std::string{each.name}); found != properties.end())
      problems.add(found->second.at, "property \"" + found->first + "\" is matricula's to set",
                   std::string{each.instead});
}

void report_literal_secrets(const written_properties& properties, problem_list& problems) {
  for (const auto name : secret_properties) {
    const auto found = properties.find(std::string{name});
    if (found != properties.end() && found->second &&
        found->second.literal == *found->second)  // no reference was followed
      problems.add(found->second.at, "property \"" + found->first + "\" is a secret and stands in the file",
                   "a reference: \"${NAME}\" or \"file:/run/secrets/name\"");
  }
}

void validate_bootstrap(const written_text& bootstrap, problem_list& problems) {
  if (!bootstrap)
    return;
  std::string_view rest = *bootstrap;
  for (bool more = true; more;) {
    const auto comma = rest.find(',');
    more = comma != std::string_view::npos;
    if (!is_host_and_port(std::string{rest.substr(0, comma)})) {
      problems.add(bootstrap.at, "bootstrap of [kafka] is not a list of brokers",
                   "host:port, several joined by commas without spaces");
      return;
    }
    rest.remove_prefix(more ? comma + 1 : rest.size());
  }
}

void validate_template(const written_text& topic, problem_list& problems) {
  if (!topic)
    return;
  bool has_flavour = false;
  bool has_province = false;
  for (const auto& name : placeholders_of(*topic)) {
    has_flavour = has_flavour || name == "flavour";
    has_province = has_province || name == "province";
  }
  if (!has_flavour)
    problems.add(topic.at, "the topic template has no {flavour}", "topic = \"{flavour}-{province}\"");
  if (!has_province)
    problems.add(topic.at, "the topic template has no {province}", "topic = \"{flavour}-{province}\"");
}

void validate_own_topics(const written_kafka& kafka, problem_list& problems) {
  const kafka_settings by_default;
  struct own_topic {
    const written_text& written;
    std::string_view key;
    const std::string& by_default;
  };
  const own_topic all[] = {{kafka.cursors_topic, "cursors_topic", by_default.cursors_topic},
                           {kafka.quarantine_topic, "quarantine_topic", by_default.quarantine_topic},
                           {kafka.outcomes_topic, "outcomes_topic", by_default.outcomes_topic}};
  const auto name_of = [](const own_topic& topic) -> const std::string& {
    return topic.written ? *topic.written : topic.by_default;
  };
  for (const auto& topic : all) {
    if (!topic.written)
      continue;
    if (!is_topic_name(*topic.written))
      problems.add(topic.written.at, "\"" + topic.written.literal + "\" is not a topic's name",
                   "up to 249 letters without accents, digits, '.', '_' and '-'");
    for (const auto& other : all)
      if (other.key != topic.key && (other.key < topic.key || !other.written) &&
          name_of(other) == *topic.written)
        problems.add(topic.written.at,
                     std::string{topic.key} + " and " + std::string{other.key} + " are the same topic",
                     "a name of its own, as \"" + topic.by_default + "\"");
  }
}

void validate_replicas(const written_kafka& kafka, problem_list& problems) {
  const auto found = kafka.topic_properties.find("min.insync.replicas");
  if (found == kafka.topic_properties.end() || !found->second)
    return;
  const auto& text = *found->second;
  const auto replication = kafka.replication.value.value_or(kafka_settings{}.replication);
  std::int64_t least = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), least);
  if (error != std::errc{} || end != text.data() + text.size() || least < 1)
    problems.add(found->second.at, "min.insync.replicas is not a whole number of replicas",
                 "\"min.insync.replicas\" = 2");
  else if (least > replication)
    problems.add(found->second.at,
                 "min.insync.replicas is greater than replication: nothing could ever be written",
                 "at most " + std::to_string(replication));
}

}  // namespace

void validate_kafka(const written_kafka& kafka, problem_list& problems) {
  validate_bootstrap(kafka.bootstrap, problems);
  validate_template(kafka.topic, problems);
  validate_own_topics(kafka, problems);
  report_reserved(kafka.properties, reserved_properties, problems);
  report_reserved(kafka.topic_properties, reserved_topic_properties, problems);
  report_literal_secrets(kafka.properties, problems);
  validate_replicas(kafka, problems);
}

}  // namespace matricula::config
