// SPDX-License-Identifier: Apache-2.0
#include "itaca_simulator/feed_server.hpp"

#include <string>
#include <string_view>
#include <thread>

#include <gtest/gtest.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

namespace matricula::simulator {
namespace {

using nlohmann::json;

/// A server of a small school system, not yet listening.
struct given_server {
  school_system school{1, 100, 2026, {}};
  feed source{school, 0, 2, {.pages_ready = 0}};
  faults wrong{1};
  feed_server server{source, wrong};
};

/// The server at work, asked over HTTP.
class feed_server_at_work : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_GT(port, 0);
    serving = std::thread{[this] { given.server.run(); }};
    ASSERT_EQ(get("/").substr(0, 15), "itaca_simulator");  // it can be stopped from now on
  }
  void TearDown() override {
    given.server.stop();
    if (serving.joinable())
      serving.join();
  }

  httplib::Client client() const { return httplib::Client{"127.0.0.1", port}; }
  std::string get(const std::string& path) const {
    const auto answer = client().Get(path.c_str());
    return answer ? answer->body : "no answer";
  }
  static int status_of(const httplib::Result& answer) { return answer ? answer->status : 0; }
  int post_fault(const std::string& told) const {
    return status_of(client().Post("/faults", told, "application/json"));
  }
  json faults_now() const { return json::parse(get("/faults")); }

  given_server given;
  const int port = given.server.bind("127.0.0.1", 0);
  std::thread serving;
};

TEST_F(feed_server_at_work, gives_a_page_again_as_it_was_whose_fault_stays) {
  ASSERT_EQ(post_fault(R"({"kind": "latin1", "per_page": 2, "stays": true})"), 200);
  const auto first = json::parse(get("/feed?limit=40"));
  ASSERT_EQ(first["records"].size(), 40u) << "without a cursor nothing would lead back to the page";
  EXPECT_EQ(faults_now()["due"][0]["stays"], true);

  const auto next = first["page"]["next"].get<std::string>();
  const auto path = "/feed?limit=40&cursor=" + next;
  const auto broken = get(path);
  EXPECT_TRUE(json::parse(broken, nullptr, false).is_discarded());
  EXPECT_EQ(get(path), broken);
  ASSERT_EQ(post_fault(R"({"kind": "no-centre"})"), 200);
  EXPECT_EQ(get(path), broken) << "nothing else befalls it";
  EXPECT_EQ(status_of(client().Delete("/faults")), 200);
  EXPECT_EQ(get(path), broken);

  const auto told = faults_now();
  EXPECT_EQ(told["requests"], 5);
  EXPECT_EQ(told["injected"]["latin1"], 2);
  EXPECT_EQ(told["injected"]["no-centre"], 0);
  ASSERT_EQ(told["bad_records"].size(), 2u);
  for (const auto& record : told["bad_records"]) {
    EXPECT_EQ(record["kind"], "latin1");
    EXPECT_EQ(record["cursor"], next);
    EXPECT_EQ(record["stays"], true);
  }
  EXPECT_EQ(json::parse(get("/feed?limit=30&cursor=" + next))["records"].size(), 30u) << "another page";
}

TEST_F(feed_server_at_work, knows_a_page_that_stays_no_longer_than_its_cursor) {
  ASSERT_EQ(post_fault(R"({"kind": "latin1", "stays": true})"), 200);
  const auto next = json::parse(get("/feed?limit=40"))["page"]["next"].get<std::string>();
  const auto path = "/feed?limit=40&cursor=" + next;
  EXPECT_TRUE(json::parse(get(path), nullptr, false).is_discarded());
  for (int sweeps = 0; sweeps < 3; ++sweeps)
    get("/feed?limit=40");
  EXPECT_EQ(status_of(client().Get(path.c_str())), 410);
}

TEST_F(feed_server_at_work, lets_only_stay_what_adds_records) {
  EXPECT_EQ(post_fault(R"({"kind": "twice", "stays": true})"), 200);
  EXPECT_EQ(post_fault(R"({"kind": "503", "stays": true})"), 400);
  EXPECT_EQ(post_fault(R"({"kind": "latin1", "stays": 1})"), 400);
}

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
