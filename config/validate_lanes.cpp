// SPDX-License-Identifier: Apache-2.0
#include "config/lane_topics.hpp"
#include "config/names.hpp"
#include "config/spelling.hpp"
#include "config/validate.hpp"

#include <algorithm>
#include <map>

namespace matricula::config {
namespace {

void validate_provinces(const written_lane& lane, problem_list& problems) {
  if (!lane.provinces)
    return;
  if (lane.provinces->empty())
    problems.add(lane.provinces.at, "a lane without a province", "provinces = [\"03\", \"12\", \"46\"]");
  for (const auto& province : *lane.provinces)
    if (province && !is_province(*province))
      problems.add(province.at, "\"" + province.literal + "\" is not a province",
                   "the first two digits of its centres' codes, as \"03\", \"12\" or \"46\"");
}

void validate_source_of(const written_lane& lane, const written_topology& topology, problem_list& problems) {
  const auto names = names_of(topology.sources);
  if (lane.source && std::find(names.begin(), names.end(), *lane.source) == names.end())
    problems.add(lane.source.at, "no [[source]] is named \"" + lane.source.literal + "\"",
                 instead_of(lane.source.literal, literal_names_of(topology.sources)));
  if (!lane.source.present && count_of_different(topology.sources) > 1)
    problems.add(lane.at, "a lane that does not say which source feeds it, and there are several",
                 "add source = \"…\" with one of: " + listed(literal_names_of(topology.sources)));
}

void report_unknown_placeholders(const written_text& topic, problem_list& problems) {
  if (!topic)
    return;
  for (const auto& name : placeholders_of(*topic)) {
    if (name == "flavour" || name == "province")
      continue;
    const bool is_written = topic.literal.find("{" + name + "}") != std::string::npos;  // or from a reference
    problems.add(topic.at, "unknown placeholder " + (is_written ? "{" + name + "} " : "") + "in a topic",
                 instead_of(is_written ? name : "", {"flavour", "province"}));
  }
}

/// "ESO" and "Eso" are one flavour written in two ways: records of one of them would find no lane.
void report_flavours_in_two_spellings(const std::vector<written_lane>& lanes, problem_list& problems) {
  for (auto lane = lanes.begin(); lane != lanes.end(); ++lane) {
    if (!lane->flavour)
      continue;
    const auto earlier = std::find_if(lanes.begin(), lane, [&](const written_lane& other) {
      return other.flavour && *other.flavour != *lane->flavour &&
             same_but_for_case(*other.flavour, *lane->flavour);
    });
    if (earlier != lane)
      problems.add(lane->flavour.at,
                   "flavour \"" + lane->flavour.literal + "\" is spelled \"" + earlier->flavour.literal +
                       "\" on line " + std::to_string(earlier->flavour.at.line),
                   "one spelling, as the source writes it");
  }
}

void validate_topics(const written_topology& topology, problem_list& problems) {
  const kafka_settings by_default;
  const auto& kafka = topology.kafka;
  std::map<std::string, std::string> taken;
  taken.emplace(kafka.cursors_topic.value.value_or(by_default.cursors_topic), "cursors_topic of [kafka]");
  taken.emplace(kafka.quarantine_topic.value.value_or(by_default.quarantine_topic),
                "quarantine_topic of [kafka]");
  taken.emplace(kafka.outcomes_topic.value.value_or(by_default.outcomes_topic), "outcomes_topic of [kafka]");
  for (const auto& [lane, province, topic, literal] : lane_topics_of(topology)) {
    const auto at = lane->topic.present ? lane->topic.at : province->at;
    const auto who = lane->flavour.literal + " of province " + province->literal;
    if (topic.find_first_of("{}") == std::string::npos && !is_topic_name(topic))
      problems.add(lane->topic.present ? lane->topic.at : lane->flavour.at,
                   "\"" + literal + "\", the topic of " + who + ", is not a name that Kafka takes",
                   "a topic of up to 249 letters without accents, digits, '.', '_' and '-'; give the lane a "
                   "topic = \"…\"");
    const auto [first, is_new] =
        taken.emplace(topic, who + " (line " + std::to_string(province->at.line) + ")");
    if (!is_new)
      problems.add(
          at, "topic \"" + literal + "\" of " + who + " is already that of " + first->second,
          "each lane once, each with a topic of its own; {province} in a topic makes one for each province");
  }
}

}  // namespace

void validate_lanes(const written_topology& topology, problem_list& problems) {
  for (const auto& lane : topology.lanes) {
    validate_provinces(lane, problems);
    validate_source_of(lane, topology, problems);
    report_unknown_placeholders(lane.topic, problems);
  }
  report_unknown_placeholders(topology.kafka.topic, problems);
  report_flavours_in_two_spellings(topology.lanes, problems);
  validate_topics(topology, problems);
}

}  // namespace matricula::config
