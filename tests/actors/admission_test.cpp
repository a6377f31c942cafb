// SPDX-License-Identifier: Apache-2.0
// A blocked pipeline admits exactly the sum of its limits.
#include "actors/dedup/deduplicator.hpp"
#include "actors/fetch/fetcher.hpp"
#include "actors/partition/partitioner.hpp"
#include "actors/supervise/site_supervisor.hpp"
#include "tests/actors/graph_test.hpp"

namespace matricula::testing {
namespace {

class admission_test : public graph_test, public ::testing::WithParamInterface<std::uint32_t> {};

TEST_P(admission_test, a_source_reads_as_many_pages_as_may_be_in_flight_while_kafka_is_blocked) {
  const auto pages = limits().pages_in_flight_max = GetParam();
  limits().request_timeout_ms = 3'600'000;
  for (int i = 0; i < 20; ++i)
    feed.add_page({{.person = "1000000" + std::to_string(i)},
                   {.person = "2000000" + std::to_string(i), .flavour = "FP"}});
  publisher_stand_in blocked;
  scoreboard_stand_in scoreboard;
  blocked.spawn(*system);
  scoreboard.spawn(*system);
  keep(blocked.actor);
  keep(scoreboard.actor);
  const deduplicators parts{keep(system->spawn(deduplicator, blocked.actor, milliseconds{3'600'000}))};
  const auto dealer = keep(system->spawn(partitioner, deployed(), "itaca", blocked.actor, parts));
  const auto reader = keep(
      system->spawn(fetcher, deployed(), source(), feed.open(), dealer, scoreboard.actor, std::uint64_t{0}));
  tell(reader, start_atom::value, source_position{});
  let_pass(50min);
  EXPECT_EQ(feed.requests.size(), pages);
  EXPECT_EQ(blocked.shares.size(), pages * 2U);  // the records and the cursor

  // Kafka takes one page: exactly one more is read.
  have(blocked.actor, [&] {
    for (auto& [share, promise] : blocked.shares)
      if (share->page->number == 1)
        promise.deliver(page_published{1, {}});
  });
  let_pass(0s);
  EXPECT_EQ(feed.requests.size(), pages + 1U);
  EXPECT_EQ(blocked.shares.size(), (pages + 1U) * 2U);
}

TEST_P(admission_test, a_site_takes_as_many_messages_as_its_batches_hold_while_it_is_down) {
  const auto batches = limits().batches_in_flight_max = GetParam();
  limits().batch_records_max = 5;
  kafka = memory_kafka{2};
  site_settings_of("eso46").topics = {"ESO-46", "FP-46"};
  scoreboard_stand_in scoreboard;
  scoreboard.spawn(*system);
  keep(scoreboard.actor);
  keep(system->spawn(site_supervisor, deployed(), site_settings_of("eso46"), scoreboard.actor));
  let_pass(1s);
  sites["eso46"].down = true;
  for (int i = 0; i < 200; ++i)
    for (const std::string topic : {"ESO-46", "FP-46"})
      for (const std::int32_t partition : {0, 1})
        kafka.append(topic, partition,
                     {topic + std::to_string(partition) + std::to_string(i), "v", "itaca", 0,
                      static_cast<revision_t>(i + 1)});
  let_pass(1h);
  const auto partitions = 4U;
  // In flight, gathered, and the first that did not fit.
  EXPECT_EQ(kafka.consumed("matricula.demo.site.eso46"), partitions * ((batches + 1U) * 5U + 1U));
  sites["eso46"].down = false;
  let_pass(1s);
  EXPECT_EQ(sites["eso46"].rows.size(), 800U);
  EXPECT_EQ(sites["eso46"].rows_written, 800U);
}

INSTANTIATE_TEST_SUITE_P(limits, admission_test, ::testing::Values(1U, 2U, 7U));

}  // namespace
}  // namespace matricula::testing
