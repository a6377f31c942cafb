// SPDX-License-Identifier: Apache-2.0
#include "config/edges.hpp"

#include <gmock/gmock.h>

namespace matricula {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

topology one_site_two_lanes() {
  topology all;
  all.sources.resize(1);
  all.sources[0].name = "itaca";
  all.lanes = {{"ESO", "46", "itaca", "ESO-46"}, {"FP", "46", "itaca", "FP-46"}};
  all.sites.resize(1);
  all.sites[0].name = "eso46";
  all.sites[0].topics = {"ESO-46"};
  return all;
}

TEST(edges, stand_in_flow_order_each_with_its_guarantee) {
  std::vector<std::string> lines;
  for (const auto& each : edges_of(one_site_two_lanes()))
    lines.push_back(each.from + " -> " + each.to + ": " + each.guarantee);
  EXPECT_THAT(lines, ElementsAre("feed -> source:itaca: at least once",
                                 "source:itaca -> ESO-46, FP-46, matricula.cursors: exactly once",
                                 "source:itaca -> matricula.quarantine: exactly once",
                                 "FP-46 -> nobody: kept", "ESO-46 -> site:eso46: exactly once in effect",
                                 "site:eso46 -> matricula.outcomes: at least once, compacted by key",
                                 "site:eso46 -> matricula.quarantine: at least once"));
}

TEST(edges, name_what_bounds_them) {
  auto all = one_site_two_lanes();
  all.sources[0].every = std::chrono::minutes{2};
  all.sources[0].page_records_max = 500;
  all.limits.pages_in_flight_max = 1;
  EXPECT_THAT(edges_of(all).front().because,
              HasSubstr("Every 2m a page of up to 500 records; at most 1 page in flight."));
}

TEST(edges, are_printed_in_lines_that_fit_a_terminal) {
  const auto text = text_of(edges_of(one_site_two_lanes()));
  EXPECT_THAT(text,
              HasSubstr("ESO-46 -> site:eso46\n    exactly once in effect: rows and Kafka offset are one "));
  std::size_t longest = 0;
  for (std::size_t begin = 0, end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1)
    longest = std::max(longest, end - begin);
  EXPECT_LE(longest, 104U);
}

}  // namespace
}  // namespace matricula
