// SPDX-License-Identifier: Apache-2.0
#include "actors/subscribe/kafka_offsets.hpp"

#include "actors/publish/kafka_client.hpp"

#include <algorithm>
#include <memory>

namespace matricula {
namespace {

result<int> partitions_of(rd_kafka_t* client, const kafka_settings& settings, const std::string& topic,
                          int timeout_ms) {
  const auto all = ask_partition_counts(client, settings, std::chrono::milliseconds{timeout_ms});
  if (!all)
    return all.error();
  if (const auto found = all->find(topic); found != all->end() && found->second > 0)
    return found->second;
  return failure{error_code::topic_mismatch,
                 "topic " + topic + " does not exist: matricula topics T --create makes it"};
}

}  // namespace

result<std::vector<partition_extent>>
ask_extents(const kafka_settings& settings, const std::string& topic,
            std::optional<std::chrono::sys_time<std::chrono::milliseconds>> time,
            std::chrono::milliseconds wait) {
  const auto timeout_ms = static_cast<int>(std::max<std::chrono::milliseconds::rep>(wait.count(), 1));
  auto configuration = kafka_configuration(settings, {{"log_level", "0"}});
  if (!configuration)
    return configuration.error();
  const auto client = kafka_client(RD_KAFKA_PRODUCER, *std::move(configuration));
  if (!client)
    return client.error();
  const auto count = partitions_of(client->get(), settings, topic, timeout_ms);
  if (!count)
    return count.error();

  std::vector<partition_extent> extents;
  const kafka_handle<rd_kafka_topic_partition_list_t> list{rd_kafka_topic_partition_list_new(*count)};
  for (int partition = 0; partition < *count; ++partition) {
    const auto held = ask_held_offsets(client->get(), settings, topic, partition, wait);
    if (!held)
      return held.error();
    extents.push_back({{topic, partition}, held->first, held->end, held->end});
    if (time)
      rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset =
          time->time_since_epoch().count();
  }
  if (!time)
    return extents;
  if (const auto error = rd_kafka_offsets_for_times(client->get(), list.get(), timeout_ms);
      error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return kafka_failure(settings, "asking for the offsets of a time in " + topic, rd_kafka_err2str(error));
  for (int i = 0; i < list->cnt; ++i)
    if (list->elems[i].offset >= 0)  // none: nothing is that new
      extents[static_cast<std::size_t>(list->elems[i].partition)].at_time = list->elems[i].offset;
  return extents;
}

}  // namespace matricula
