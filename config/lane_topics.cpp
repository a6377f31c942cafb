// SPDX-License-Identifier: Apache-2.0
#include "config/lane_topics.hpp"

namespace matricula::config {

std::string topic_of(std::string_view topic_template, std::string_view flavour, std::string_view province) {
  std::string topic;
  while (!topic_template.empty()) {
    if (topic_template.starts_with("{flavour}")) {
      topic += flavour;
      topic_template.remove_prefix(std::string_view{"{flavour}"}.size());
    } else if (topic_template.starts_with("{province}")) {
      topic += province;
      topic_template.remove_prefix(std::string_view{"{province}"}.size());
    } else {
      topic += topic_template.front();
      topic_template.remove_prefix(1);
    }
  }
  return topic;
}

std::vector<std::string> placeholders_of(std::string_view topic_template) {
  std::vector<std::string> names;
  for (auto begin = topic_template.find('{'); begin != std::string_view::npos;
       begin = topic_template.find('{', begin)) {
    const auto end = topic_template.find('}', begin);
    names.emplace_back(
        topic_template.substr(begin + 1, end == std::string_view::npos ? end : end - begin - 1));
    begin = end == std::string_view::npos ? topic_template.size() : end;
  }
  return names;
}

bool is_topic_name(std::string_view text) {
  return !text.empty() && text.size() <= 249 && text != "." && text != ".." &&
         text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") ==
             std::string_view::npos;
}

bool is_province(std::string_view text) {
  return text.size() == 2 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

written_text template_of(const written_lane& lane, const written_kafka& kafka) {
  if (lane.topic.present)
    return lane.topic;
  if (kafka.topic.present)
    return kafka.topic;
  const std::string by_default = kafka_settings{}.topic_template;
  return {by_default, kafka.at, false, by_default};
}

std::vector<written_lane_topic> lane_topics_of(const written_topology& topology) {
  std::vector<written_lane_topic> out;
  for (const auto& lane : topology.lanes) {
    const auto with = template_of(lane, topology.kafka);
    if (!with || !lane.flavour || !lane.provinces)
      continue;
    for (const auto& province : *lane.provinces)
      if (province && is_province(*province))
        out.push_back({&lane, &province, topic_of(*with, *lane.flavour, *province),
                       topic_of(with.literal, lane.flavour.literal, province.literal)});
  }
  return out;
}

}  // namespace matricula::config
