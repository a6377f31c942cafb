// SPDX-License-Identifier: Apache-2.0
#include "sweep_reading.hpp"

#include "itaca_simulator/faults.hpp"
#include "itaca_simulator/page_spoiler.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

namespace matricula::simulator {
namespace {

using nlohmann::json;

fault due(fault_kind kind, std::uint64_t count, std::uint64_t per_page = 1) {
  fault f;
  f.kind = kind;
  f.count = count;
  f.per_page = per_page;
  return f;
}

TEST(Faults, AreReadFromText) {
  fault f;
  EXPECT_EQ(fault::parse("cut", f), "");
  EXPECT_EQ(f.kind, fault_kind::cut);
  EXPECT_EQ(f.count, 1u);
  EXPECT_EQ(fault::parse("503:4", f), "");
  EXPECT_EQ(f.count, 4u);
  EXPECT_EQ(fault::parse("wrong-type:0.25", f), "");
  EXPECT_FALSE(f.count);
  EXPECT_EQ(f.probability, 0.25);
  for (const auto* wrong : {"", "flood", "cut:", "cut:x", "cut:0", "cut:-1", "cut:1.5", "cut:0.5x"})
    EXPECT_NE(fault::parse(wrong, f), "") << wrong;
}

TEST(Faults, AreCountedExactly) {
  faults wrong(1);
  wrong.add(due(fault_kind::error_500, 2));
  wrong.add(due(fault_kind::latin1, 1, 3));
  EXPECT_EQ(wrong.next(false, false).front().kind, fault_kind::error_500);
  EXPECT_EQ(wrong.next(false, false).front().kind, fault_kind::error_500);  // came alone both times
  EXPECT_EQ(wrong.next(false, false).front().kind, fault_kind::latin1);
  EXPECT_TRUE(wrong.next(false, false).empty());
  const auto state = wrong.state();
  EXPECT_TRUE(state.due.empty());
  EXPECT_EQ(state.requests, 4u);
  EXPECT_EQ(state.injected[static_cast<std::size_t>(fault_kind::error_500)], 2u);
  EXPECT_EQ(state.injected[static_cast<std::size_t>(fault_kind::latin1)], 3u);
}

TEST(Faults, WaitForTheRequestThatTheyNeed) {
  faults wrong(1);
  wrong.add(due(fault_kind::gone_410, 1));
  wrong.add(due(fault_kind::repeat, 1));
  auto late = due(fault_kind::cut, 1);
  late.after = 3;
  wrong.add(late);
  EXPECT_TRUE(wrong.next(false, false).empty());
  EXPECT_EQ(wrong.next(true, false).front().kind, fault_kind::gone_410);
  EXPECT_EQ(wrong.next(false, true).front().kind, fault_kind::repeat);
  EXPECT_EQ(wrong.next(false, true).front().kind, fault_kind::cut);
}

TEST(Faults, ThatStayWaitForACursor) {
  faults wrong(1);
  auto lasting = due(fault_kind::latin1, 1);
  lasting.stays = true;
  wrong.add(lasting);
  EXPECT_TRUE(wrong.next(false, true).empty());
  wrong.pass_over();
  const auto befall = wrong.next(true, true);
  ASSERT_EQ(befall.size(), 1u);
  EXPECT_TRUE(befall.front().stays);
  EXPECT_EQ(wrong.state().requests, 3u);
}

TEST(Faults, ComeByProbabilityTheSameForTheSameSeed) {
  const auto drawn = [](std::uint64_t seed) {
    faults wrong(seed);
    fault f;
    f.kind = fault_kind::cut;
    f.probability = 0.2;
    wrong.add(f);
    std::vector<bool> fired;
    for (int i = 0; i < 2'000; ++i)
      fired.push_back(!wrong.next(false, false).empty());
    return fired;
  };
  const auto fired = drawn(1);
  EXPECT_NEAR(static_cast<double>(std::count(fired.begin(), fired.end(), true)), 400, 60);
  EXPECT_EQ(fired, drawn(1));
  EXPECT_NE(fired, drawn(2));
}

class SpoiledPages : public testing::Test {
 protected:
  spoiled_page with(const std::vector<fault>& befall) { return spoil(*page, when, befall, wrong); }

  school_system school{1, 5'000, 2026};
  feed source{school, 0, 2, {}};
  faults wrong{1};
  std::shared_ptr<const feed_page> page = source.begin_sweep(1'000);
  moment when{school, source.events_at(1)};
};

TEST_F(SpoiledPages, BadRecordsAreExtraAndListedWithTheirPlace) {
  const auto spoiled = with({due(fault_kind::no_centre, 1, 2), due(fault_kind::unknown_flavour, 1, 2),
                             due(fault_kind::wrong_type, 1, 2), due(fault_kind::oversize, 1)});
  const auto body = json::parse(spoiled.body);
  ASSERT_EQ(body["records"].size(), 1'007u);
  EXPECT_EQ(body["page"]["count"], 1'007);
  ASSERT_EQ(spoiled.bad.size(), 7u);
  std::set<std::size_t> bad;
  std::set<std::string> keys;
  for (const auto& b : spoiled.bad) {
    EXPECT_EQ(b.cursor, "1:0");
    EXPECT_TRUE(bad.insert(b.position).second);
    EXPECT_TRUE(keys.insert(b.key).second);
    const auto& r = body["records"][b.position];
    EXPECT_NE(b.key.find("/9000000"), std::string::npos);
    switch (b.kind) {
    case fault_kind::no_centre:
      EXPECT_FALSE(r.contains("centre"));
      EXPECT_TRUE(r.contains("course"));
      break;
    case fault_kind::unknown_flavour:
      EXPECT_EQ(r["centre"]["flavour"], "Universitat");
      EXPECT_EQ(key_in(r), b.key);
      break;
    case fault_kind::wrong_type:
      EXPECT_TRUE(r["person"]["id"].is_number());
      break;
    default:
      EXPECT_EQ(key_in(r), b.key);
      EXPECT_GT(b.bytes, std::size_t{1} << 20);
    }
  }
  // The rest is the page, in its order.
  std::size_t good = 0;
  for (std::size_t i = 0; i < body["records"].size(); ++i)
    if (bad.count(i) == 0) {
      EXPECT_EQ(body["records"][i], json::parse(page->records->record(good)));
      ++good;
    }
  EXPECT_EQ(good, 1'000u);
}

TEST_F(SpoiledPages, Latin1IsNotUtf8) {
  const auto spoiled = with({due(fault_kind::latin1, 1)});
  EXPECT_TRUE(json::parse(spoiled.body, nullptr, false).is_discarded());
  EXPECT_NE(spoiled.body.find("Mu\xf1oz i Ferr\xe0ndiz"), std::string::npos);
  ASSERT_EQ(spoiled.bad.size(), 1u);
  const auto begin = spoiled.body.rfind(R"({"year":)", spoiled.body.find("Mu\xf1oz"));
  const auto record = std::string_view(spoiled.body).substr(begin, spoiled.bad.front().bytes);
  EXPECT_EQ(record.back(), '}');
  EXPECT_EQ(hash_of(record), spoiled.bad.front().hash);
}

TEST_F(SpoiledPages, StayAsAWholeIfOneFaultDoes) {
  const auto passing = due(fault_kind::no_centre, 1);
  EXPECT_FALSE(with({passing}).stays);
  EXPECT_FALSE(with({passing}).bad.front().stays);
  auto lasting = due(fault_kind::latin1, 1, 2);
  lasting.stays = true;
  const auto spoiled = with({passing, lasting});
  EXPECT_TRUE(spoiled.stays);
  ASSERT_EQ(spoiled.bad.size(), 3u);
  EXPECT_TRUE(std::all_of(spoiled.bad.begin(), spoiled.bad.end(), [](const auto& b) { return b.stays; }));
}

TEST_F(SpoiledPages, OfTwoRecordsWithOneKeyTheLaterIsTrue) {
  const auto spoiled = with({due(fault_kind::twice, 1, 5), due(fault_kind::twice_stale, 1, 5)});
  const auto body = json::parse(spoiled.body);
  EXPECT_TRUE(spoiled.bad.empty());
  EXPECT_EQ(body["page"]["count"], 1'010);
  ASSERT_EQ(body["records"].size(), 1'010u);
  std::map<std::string, json> last;
  for (const auto& r : body["records"])
    last[key_in(r)] = r;
  EXPECT_EQ(last.size(), 1'000u);
  for (std::size_t i = 0; i < page->records->count(); ++i) {
    const auto r = json::parse(page->records->record(i));
    EXPECT_EQ(last.at(key_in(r)), r);
  }
}

TEST_F(SpoiledPages, AnEmptyPageLeadsToThePage) {
  const auto body = json::parse(with({due(fault_kind::empty, 1)}).body);
  EXPECT_EQ(body["records"].size(), 0u);
  EXPECT_EQ(body["page"]["count"], 0);
  const auto next = cursor::parse(body["page"]["next"].get<std::string>());
  ASSERT_TRUE(next);
  const auto real = source.page_at(*next, 1'000);
  ASSERT_TRUE(real);
  EXPECT_EQ(real->records->bytes, page->records->bytes);
  EXPECT_EQ(real->next, page->next);
}

TEST_F(SpoiledPages, AWrongCountIsOneOff) {
  const auto body = json::parse(with({due(fault_kind::wrong_count, 1)}).body);
  EXPECT_EQ(body["records"].size(), 1'000u);
  EXPECT_NE(body["page"]["count"], 1'000);
}

TEST_F(SpoiledPages, AReorderedPageHasTheSameRecordsTheLastFirst) {
  const auto body = json::parse(with({due(fault_kind::reordered, 1)}).body);
  ASSERT_EQ(body["page"]["count"], 1'000);
  ASSERT_EQ(body["records"].size(), 1'000u);
  EXPECT_EQ(body["records"].front().dump(), json::parse(page->records->record(999)).dump());
  EXPECT_EQ(body["records"].back().dump(), json::parse(page->records->record(0)).dump());
}

}  // namespace
}  // namespace matricula::simulator
