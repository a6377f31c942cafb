// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/written_topology.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace matricula::config {

/// The topic of a lane: `topic_template` with {flavour} and {province} filled in.
std::string topic_of(std::string_view topic_template, std::string_view flavour, std::string_view province);

/// The names between braces in a template, in order.
std::vector<std::string> placeholders_of(std::string_view topic_template);

/// A name that Kafka takes: up to 249 ASCII letters, digits, '.', '_' and '-', and neither "." nor "..".
bool is_topic_name(std::string_view text);

/// Two digits.
bool is_province(std::string_view text);

/// The template of a [[lane]]: its own, or that of [kafka], or the default.
written_text template_of(const written_lane& lane, const written_kafka& kafka);

/// One flavour and province of a [[lane]].
struct written_lane_topic {
  const written_lane* lane;
  const written_text* province;
  std::string topic;
  std::string literal;  ///< the topic made of what stands in the file, references not followed: to be printed
};

/// Every lane whose flavour, province and template can be used, in the order of the file.
std::vector<written_lane_topic> lane_topics_of(const written_topology& topology);

}  // namespace matricula::config
