// SPDX-License-Identifier: Apache-2.0
#include "sweep_reading.hpp"

#include "itaca_simulator/feed.hpp"

#include <gtest/gtest.h>

namespace matricula::simulator {
namespace {

using nlohmann::json;

std::string body_of(const feed_page& page) {
  std::string body;
  while (body.size() < page.size())
    body += page.from(body.size());
  return body;
}

// Reads sweeps as a consumer does and remembers what it got.
class reader {
 public:
  reader(feed& from, std::uint64_t limit)
      : from_(from)
      , limit_(limit) {}

  // One page; true if the sweep goes on.
  bool read_page() {
    const auto page = next_ ? from_.page_at(*next_, limit_) : from_.begin_sweep(limit_);
    EXPECT_TRUE(page);
    from_.note_served(page);
    const auto body = json::parse(body_of(*page));
    EXPECT_EQ(body["page"]["count"], body["records"].size());
    EXPECT_LE(body["records"].size(), limit_);
    EXPECT_EQ(body["page"]["cursor"], page->here.text());
    EXPECT_EQ(body["page"]["sweep"], page->here.sweep);
    EXPECT_EQ(body["page"].contains("next"), page->next.has_value());
    for (std::size_t i = 0; i < page->records->count(); ++i) {
      const auto key = key_in(page->records->record(i));
      ++in_sweep_[key];
      got_[key] = page->records->record(i);
    }
    next_ = page->next;
    return next_.has_value();
  }

  std::size_t read_sweep() {
    in_sweep_.clear();
    std::size_t pages = 1;
    while (read_page())
      ++pages;
    for (const auto& [key, times] : in_sweep_)
      EXPECT_EQ(times, 1) << key;
    return pages;
  }

  const records_by_key& got() const { return got_; }
  const std::map<std::string, int>& in_sweep() const { return in_sweep_; }

 private:
  feed& from_;
  std::uint64_t limit_;
  std::optional<cursor> next_;
  records_by_key got_;
  std::map<std::string, int> in_sweep_;
};

records_by_key truth(const feed& of) {
  records_by_key all;
  feed::truth_walk walk(of);
  const auto see = [&](std::string_view key, std::string_view record) {
    EXPECT_TRUE(all.emplace(key, record).second) << key;
    return true;
  };
  while (walk.next(777, see)) {
  }
  return all;
}

TEST(Feed, APageOf30000IsAWholeSweepOf30000) {
  const school_system school(1, 30'000, 2026);
  feed source(school, 0.01, 3, {});
  const auto one = source.begin_sweep(30'000), two = source.begin_sweep(30'000),
             three = source.begin_sweep(30'000);
  EXPECT_FALSE(one->next);
  EXPECT_EQ(one->records->count(), 30'000u);
  EXPECT_EQ(one->records->bytes, two->records->bytes);
  EXPECT_NE(two->records->bytes, three->records->bytes);
  EXPECT_NE(one->etag, two->etag);
  EXPECT_EQ(three->next, (cursor{3, 30'000, 0}));  // new keys come after the old ones
}

TEST(Feed, PagesMakeUpTheSweepWithoutGapOrRepeat) {
  const school_system school(1, 5'000, 2026);
  const auto whole = whole_sweep(school, life(school, 0, 2).at(1));
  feed source(school, 0, 2, {});
  std::string joined;
  std::optional<cursor> at;
  do {
    const auto page = at ? source.page_at(*at, 777) : source.begin_sweep(777);
    joined += (joined.empty() ? "" : ",") + page->records->bytes;
    at = page->next;
  } while (at);
  EXPECT_EQ(joined, whole.bytes);
}

TEST(Feed, PagesOfALivingSweepHoldEveryKeyOnce) {
  const school_system school(1, 8'000, 2026);
  feed source(school, 0.05, 2, {});
  reader client(source, 1'000);
  for (std::uint64_t sweep = 1; sweep < 6; ++sweep) {
    client.read_sweep();
    const life lively(school, 0.05, 2);
    EXPECT_EQ(client.in_sweep().size(), whole_sweep(school, lively.at(sweep)).count());
    EXPECT_EQ(client.in_sweep().size(), client.got().size()) << "a key vanished";
  }
}

TEST(Feed, AKnownCursorGivesTheSameBytes) {
  const school_system school(1, 5'000, 2026);
  feed source(school, 0.1, 2, {});
  source.begin_sweep(500);
  const auto first = source.begin_sweep(500);
  const auto second = source.page_at(*first->next, 500);
  source.begin_sweep(500);
  source.change_rate(0.5);
  for (int i = 0; i < 10; ++i)
    source.page_at(cursor{3, static_cast<std::uint64_t>(500 * i), 0}, 500);
  EXPECT_EQ(body_of(*source.page_at(first->here, 500)), body_of(*first));
  EXPECT_EQ(body_of(*source.page_at(second->here, 500)), body_of(*second));
}

TEST(Feed, OldAndInventedCursorsAreUnknown) {
  const school_system school(1, 2'000, 2026);
  feed_limits limits;
  limits.sweeps_kept = 2;
  feed source(school, 0, 2, limits);
  EXPECT_FALSE(source.page_at({1, 0, 0}, 100));
  for (int i = 0; i < 3; ++i)
    source.begin_sweep(100);
  EXPECT_FALSE(source.page_at({1, 100, 0}, 100));
  EXPECT_TRUE(source.page_at({2, 100, 0}, 100));
  EXPECT_FALSE(source.page_at({3, 2'000, 0}, 100));
  EXPECT_FALSE(source.page_at({3, 9'999'999, 0}, 100));
  EXPECT_FALSE(source.page_at({4, 0, 0}, 100));
}

TEST(Feed, LifeChangesWithTheNextSweepThatBegins) {
  const school_system school(1, 5'000, 2026);
  feed source(school, 0, 2, {});
  const auto one = source.begin_sweep(1'000);
  EXPECT_EQ(source.change_rate(0.1), 2u);
  const auto rest = source.page_at(*one->next, 1'000);
  const auto two = source.begin_sweep(1'000);
  EXPECT_NE(one->records->bytes, two->records->bytes);
  EXPECT_EQ(source.change_rate(0), 3u);
  EXPECT_EQ(source.begin_sweep(1'000)->records->bytes, two->records->bytes);
  EXPECT_EQ(rest->records->count(), 1'000u);
}

TEST(Feed, TheTruthIsWhatWasServed) {
  const school_system school(1, 6'000, 2026);
  feed source(school, 0.05, 2, {});
  EXPECT_TRUE(truth(source).empty());
  reader client(source, 1'000);
  client.read_page();
  EXPECT_EQ(truth(source), client.got());
  while (client.read_page()) {
  }
  for (int i = 0; i < 4; ++i) {
    client.read_sweep();
    EXPECT_EQ(truth(source), client.got());
  }
  client.read_page();  // in the middle of a sweep, some is new and some is old
  client.read_page();
  EXPECT_EQ(truth(source), client.got());
}

TEST(Feed, TheTruthIsToldByKeyAndByCentre) {
  const school_system school(1, 12'000, 2026);
  feed source(school, 0.05, 2, {});
  reader client(source, 2'000);
  for (int i = 0; i < 3; ++i)
    client.read_sweep();
  client.read_page();
  std::size_t n = 0;
  for (const auto& [key, record] : client.got())
    if (n++ % 97 == 0) {
      EXPECT_EQ(source.truth_of(key), record) << key;
    }
  EXPECT_FALSE(source.truth_of("2026/46000000/x/x/x/x/student"));
  EXPECT_FALSE(source.truth_of("nonsense"));
  EXPECT_FALSE(source.truth_of(""));

  records_by_key all;
  for (const auto& c : school.centres())
    source.truth_of_centre(std::to_string(100'000'000 + c.code).substr(1),
                           [&](std::string_view key, std::string_view record) {
                             EXPECT_TRUE(all.emplace(key, record).second) << key;
                             return true;
                           });
  EXPECT_EQ(all, client.got());
}

TEST(Feed, PagesAreReadyBeforeTheyAreAskedFor) {
  const school_system school(1, 5'000, 2026);
  feed source(school, 0, 2, {});
  const auto first = source.begin_sweep(500);
  const auto at = *first->next;
  const auto again = source.page_at(at, 500);
  EXPECT_EQ(source.page_at(at, 500), again) << "written twice";
}

}  // namespace
}  // namespace matricula::simulator
