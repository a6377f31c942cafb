// SPDX-License-Identifier: Apache-2.0
#include "itaca_simulator/feed_server.hpp"

#include <gtest/gtest.h>

namespace matricula::simulator {
namespace {

/// A server of a small school system, not yet listening.
struct given_server {
  school_system school{1, 100, 2026, {}};
  feed source{school, 0, 2, {.pages_ready = 0}};
  faults wrong{1};
  feed_server server{source, wrong};
};

TEST(feed_server, takes_a_free_port_for_0) { EXPECT_GT(given_server{}.server.bind("127.0.0.1", 0), 0); }

TEST(feed_server, does_not_share_a_port) {
  given_server first;
  given_server second;
  const auto port = first.server.bind("127.0.0.1", 0);
  ASSERT_GT(port, 0);
  EXPECT_EQ(second.server.bind("127.0.0.1", port), 0);
}

}  // namespace
}  // namespace matricula::simulator
