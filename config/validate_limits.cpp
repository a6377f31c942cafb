// SPDX-License-Identifier: Apache-2.0
#include "config/limit_members.hpp"
#include "config/message_bytes.hpp"
#include "config/validate.hpp"

#include <charconv>

namespace matricula::config {
namespace {

struct contradiction {
  std::string_view smaller, larger;
  std::string_view because;
};

constexpr contradiction orders[] = {
    {"record_bytes_max", "batch_bytes_max", "a record of the size allowed would fit into no batch"},
    {"record_bytes_max", "page_bytes_max", "a record of the size allowed would fit into no page"},
    {"record_bytes_max", "prefetch_bytes_max", "a record of the size allowed would never be fetched"},
    {"retry_delay_ms_min", "retry_delay_ms_max", "the delay starts at the one and grows to the other"},
    {"retry_delay_ms_max", "request_timeout_ms", "a request would time out before its last retry"},
};

/// A record of the size allowed must fit into a message, or its page could never be committed.
void validate_message_bytes(const written_properties& properties, const std::string& name,
                            std::size_t record_bytes_max, problem_list& problems) {
  const auto found = properties.find(name);
  if (found == properties.end() || !found->second)
    return;
  const auto& text = *found->second;
  const auto needed = message_bytes_max(record_bytes_max);
  std::size_t bytes = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
  if (error != std::errc{} || end != text.data() + text.size() || bytes < needed)
    problems.add(found->second.at,
                 name + " is no number of bytes that a message of a record of record_bytes_max (" +
                     std::to_string(record_bytes_max) + ") fits into, with its key and headers",
                 "at least " + std::to_string(needed) + ", or a lower record_bytes_max");
}

}  // namespace

void validate_limits(const written_topology& topology, problem_list& problems) {
  const struct limits by_default;
  const auto find = [&](std::string_view name) {
    const auto found = topology.limits.find(name);
    return found == topology.limits.end() ? written<std::int64_t>{} : found->second;
  };
  const auto value_of = [&](std::string_view name) {
    const auto written = find(name);
    for (const auto& member : limit_members())
      if (!written && member.name == name)
        return static_cast<std::int64_t>(member.read(by_default));
    return *written;
  };
  for (const auto& [smaller, larger, because] : orders) {
    const auto one = find(smaller);
    const auto other = find(larger);
    const bool unusable = (one.present && !one) || (other.present && !other);
    if (unusable || value_of(smaller) <= value_of(larger))
      continue;
    problems.add(other.present ? other.at : one.at,
                 std::string{smaller} + " (" + std::to_string(value_of(smaller)) + ") is greater than " +
                     std::string{larger} + " (" + std::to_string(value_of(larger)) +
                     "): " + std::string{because},
                 std::string{smaller} + " no greater than " + std::string{larger});
  }
  if (const auto record = find("record_bytes_max"); record.present && !record)
    return;
  const auto record_bytes_max = static_cast<std::size_t>(value_of("record_bytes_max"));
  validate_message_bytes(topology.kafka.properties, "message.max.bytes", record_bytes_max, problems);
  validate_message_bytes(topology.kafka.properties, "fetch.max.bytes", record_bytes_max, problems);
  validate_message_bytes(topology.kafka.topic_properties, "max.message.bytes", record_bytes_max, problems);
}

}  // namespace matricula::config
