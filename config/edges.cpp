// SPDX-License-Identifier: Apache-2.0
#include "config/edges.hpp"

#include "config/durations.hpp"
#include "config/spelling.hpp"

#include <algorithm>

namespace matricula {
namespace {

std::string counted(std::uint64_t count, std::string_view one, std::string_view several) {
  return std::to_string(count) + " " + std::string{count == 1 ? one : several};
}

void add_source(const source_settings& source, const topology& all, std::vector<edge>& edges) {
  const auto name = "source:" + source.name;
  std::vector<std::string> topics;
  for (const auto& lane : all.lanes)
    if (lane.source == source.name)
      topics.push_back(lane.topic);
  edges.push_back({"feed", name, "at least once",
                   "a page is read again until its records are committed. Every " +
                       config::text_of(source.every) + " a page of up to " +
                       counted(source.page_records_max, "record", "records") + "; at most " +
                       counted(all.limits.pages_in_flight_max, "page", "pages") + " in flight."});
  topics.push_back(all.kafka.cursors_topic);
  edges.push_back(
      {name, config::listed(topics), "exactly once",
       "a page's changed records and the source's new cursor are one Kafka transaction: nothing is lost, "
       "nothing stands there twice. Kafka fences a second owner of the source."});
  edges.push_back(
      {name, all.kafka.quarantine_topic, "exactly once",
       "a record that cannot be read or that no lane takes is kept with the reason, in the transaction of "
       "its page."});
}

void add_site(const site_settings& site, const topology& all, std::vector<edge>& edges) {
  const auto name = "site:" + site.name;
  edges.push_back(
      {config::listed(site.topics), name, "exactly once in effect",
       "rows and Kafka offset are one transaction of the site's database, and only what is committed is "
       "read. Per key, a smaller revision never overwrites a larger one. At most " +
           counted(all.limits.batches_in_flight_max, "batch", "batches") + " in flight per partition."});
  edges.push_back(
      {name, all.kafka.outcomes_topic, "at least once, compacted by key",
       "outcomes leave by a table that the same transaction writes: none is lost; one may be sent again, "
       "and the last of every classroom stands."});
  edges.push_back(
      {name, all.kafka.quarantine_topic, "at least once",
       "a record that the database refuses is isolated, kept with the reason, and the rest of its batch "
       "goes on."});
}

/// Breaks a text into lines of up to 100 characters, each indented by four spaces.
std::string wrapped(std::string_view text) {
  constexpr std::size_t width = 100;
  std::string out;
  while (!text.empty()) {
    auto end = text.size() <= width ? text.size() : text.rfind(' ', width);
    if (end == std::string_view::npos)
      end = std::min(text.find(' '), text.size());
    out.append("    ").append(text.substr(0, end)).append("\n");
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace

std::vector<edge> edges_of(const topology& all) {
  std::vector<edge> edges;
  for (const auto& source : all.sources)
    add_source(source, all, edges);
  std::vector<std::string> unread;
  for (const auto& lane : all.lanes)
    if (std::none_of(all.sites.begin(), all.sites.end(), [&](const site_settings& site) {
          return std::find(site.topics.begin(), site.topics.end(), lane.topic) != site.topics.end();
        }))
      unread.push_back(lane.topic);
  if (!unread.empty())
    edges.push_back(
        {config::listed(unread), "nobody", "kept",
         "no site of this topology reads it. A site that is added later reads it from the start."});
  for (const auto& site : all.sites)
    add_site(site, all, edges);
  return edges;
}

std::string text_of(const std::vector<edge>& edges) {
  std::string text;
  for (const auto& each : edges) {
    text += each.from + " -> " + each.to + "\n";
    text += wrapped(each.guarantee + ": " + each.because);
  }
  return text;
}

}  // namespace matricula
