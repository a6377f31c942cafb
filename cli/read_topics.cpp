// SPDX-License-Identifier: Apache-2.0
#include "cli/read_topics.hpp"

#include "actors/dedup/kafka_topic_scan.hpp"

#include <thread>
#include <utility>

namespace matricula {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t scan_messages_max = 10'000;
constexpr std::chrono::milliseconds retry_delay{200};

}  // namespace

result<std::vector<partition_extent>> await_topic(const kafka_settings& kafka, const std::string& topic,
                                                  std::chrono::milliseconds wait) {
  const auto deadline = steady_clock::now() + wait;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now());
    auto found = ask_extents(kafka, topic, std::nullopt, left);
    if (found || found.error().code != error_code::kafka_unavailable ||
        steady_clock::now() + retry_delay >= deadline)
      return found;
    std::this_thread::sleep_for(retry_delay);
  }
}

result<done> read_topics(const kafka_settings& kafka, std::vector<std::string> topics,
                         const topic_scan::on_message& each) {
  const auto scan = make_kafka_topic_scan(kafka, std::move(topics));
  for (;;) {
    const auto more = scan->next(scan_messages_max, each);
    if (!more)
      return more.error();
    if (!*more)
      return done{};
  }
}

}  // namespace matricula
