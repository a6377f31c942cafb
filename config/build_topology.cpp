// SPDX-License-Identifier: Apache-2.0
#include "config/build_topology.hpp"

#include "config/days.hpp"
#include "config/lane_topics.hpp"
#include "config/limit_members.hpp"
#include "config/message_bytes.hpp"
#include "config/target_folder.hpp"

#include <utility>

namespace matricula::config {
namespace {

/// Sets `into` if the file has a value; otherwise the default stays.
template <class T, class U>
void set(T& into, const written<U>& from) {
  if (from)
    into = static_cast<T>(*from);
}

kafka_settings build(const written_kafka& written) {
  kafka_settings out;
  set(out.bootstrap, written.bootstrap);
  set(out.topic_template, written.topic);
  set(out.partitions, written.partitions);
  set(out.replication, written.replication);
  set(out.cursors_topic, written.cursors_topic);
  set(out.quarantine_topic, written.quarantine_topic);
  set(out.outcomes_topic, written.outcomes_topic);
  for (const auto& [name, property] : written.properties)
    set(out.properties[name], property);
  for (const auto& [name, property] : written.topic_properties)
    set(out.topic_properties[name], property);
  return out;
}

source_settings build(const written_source& written) {
  source_settings out;
  set(out.name, written.name);
  set(out.kind, written.kind);
  set(out.url, written.url);
  set(out.every, written.every);
  set(out.page_records_max, written.page_records_max);
  set(out.request_timeout, written.request_timeout);
  return out;
}

calendar_settings build(const written_calendar& written) {
  calendar_settings out;
  set(out.hide, written.hide);
  set(out.open, written.open);
  set(out.deletion, written.deletion);
  set(out.timezone, written.timezone);
  if (written.blackout)
    for (const auto& range : *written.blackout) {
      const auto [first, last] = day_range_of(*range);
      out.blackout.push_back(std::string{first} + '/' + std::string{last});
    }
  return out;
}

site_settings build(const written_site& written, const std::filesystem::path& targets) {
  site_settings out;
  set(out.name, written.name);
  for (const auto& topic : *written.topics)
    out.topics.push_back(*topic);
  out.database = secret{*written.database};
  set(out.target, written.target);
  out.target_directory = targets / out.target;
  set(out.base_url, written.base_url);
  while (out.base_url.ends_with('/'))
    out.base_url.pop_back();
  for (const auto& [name, setting] : written.settings)
    set(out.settings[name], setting);
  out.settings = read_target_folder(out.target_directory).settings_with(std::move(out.settings));
  return out;
}

node_settings build(const written_node& written) {
  node_settings out;
  set(out.name, written.name);
  set(out.listen, written.listen);
  for (const auto& entry : *written.runs) {
    const auto colon = entry->find(':');
    auto& named = entry->substr(0, colon) == "source" ? out.sources : out.sites;
    named.push_back(entry->substr(colon + 1));
  }
  return out;
}

}  // namespace

topology build_topology(const written_topology& written, const std::filesystem::path& targets) {
  topology out;
  set(out.pipeline.name, written.pipeline.name);
  set(out.pipeline.school_year, written.pipeline.school_year);
  out.kafka = build(written.kafka);
  for (const auto& source : written.sources)
    out.sources.push_back(build(source));
  for (auto& [lane, province, topic, literal] : lane_topics_of(written))
    out.lanes.push_back({*lane->flavour, **province, lane->source ? *lane->source : out.sources.front().name,
                         std::move(topic)});
  out.calendar = build(written.calendar);
  for (const auto& site : written.sites) {
    out.sites.push_back(build(site, targets));
    out.sites.back().calendar = out.calendar;
  }
  for (const auto& node : written.nodes)
    out.nodes.push_back(build(node));
  for (const auto& member : limit_members())
    if (const auto found = written.limits.find(member.name); found != written.limits.end() && found->second)
      member.write(out.limits, static_cast<std::uint64_t>(*found->second));
  out.kafka.properties.try_emplace("message.max.bytes",
                                   std::to_string(message_bytes_max(out.limits.record_bytes_max)));
  return out;
}

}  // namespace matricula::config
