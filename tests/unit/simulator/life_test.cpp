// SPDX-License-Identifier: Apache-2.0
#include "sweep_reading.hpp"

#include "itaca_simulator/life.hpp"

#include <set>

#include <gtest/gtest.h>

namespace matricula::simulator {
namespace {

using nlohmann::json;

std::string text(const json& value) { return value.get<std::string>(); }

struct difference {
  std::size_t fresh = 0, changed = 0, vanished = 0;
  std::size_t withdrawn = 0, returned = 0, other_teachers = 0, other_email = 0;
  std::set<std::string> new_classrooms;
};

std::string classroom_of(const std::string& key) { return key.substr(0, key.rfind('/', key.rfind('/') - 1)); }

difference between(const records_by_key& before, const records_by_key& after) {
  difference d;
  std::set<std::string> classrooms;
  for (const auto& [key, record] : before)
    classrooms.insert(classroom_of(key));
  for (const auto& [key, record] : before)
    d.vanished += after.count(key) == 0 ? 1u : 0u;
  for (const auto& [key, record] : after) {
    const auto old = before.find(key);
    if (old == before.end()) {
      ++d.fresh;
      if (classrooms.count(classroom_of(key)) == 0)
        d.new_classrooms.insert(classroom_of(key));
      continue;
    }
    if (old->second == record)
      continue;
    ++d.changed;
    const auto was = json::parse(old->second), is = json::parse(record);
    d.withdrawn += was["status"] == "enrolled" && is["status"] == "withdrawn" ? 1u : 0u;
    d.returned += was["status"] == "withdrawn" && is["status"] == "enrolled" ? 1u : 0u;
    d.other_teachers += was["teachers"][0]["id"] != is["teachers"][0]["id"] ? 1u : 0u;
    d.other_email += was["person"]["email"] != is["person"]["email"] ? 1u : 0u;
  }
  return d;
}

TEST(Life, StandsStillWithoutChanges) {
  const school_system school(1, 30'000, 2026);
  const life quiet(school, 0, 2);
  EXPECT_EQ(quiet.at(1), quiet.at(2));
  EXPECT_EQ(quiet.at(1), quiet.at(1'000'000));
}

TEST(Life, BeginsAtTheSweepAskedFor) {
  const school_system school(1, 30'000, 2026);
  const life later(school, 0.01, 3);
  EXPECT_EQ(later.at(1), later.at(2));
  EXPECT_NE(later.at(2), later.at(3));
  EXPECT_EQ(later.rate_at(2), 0);
  EXPECT_EQ(later.rate_at(3), 0.01);
}

TEST(Life, EverySweepChangesTheShareAskedForInEveryWay) {
  const school_system school(1, 30'000, 2026);
  const life lively(school, 0.01, 2);
  auto before = by_key(whole_sweep(school, lively.at(1)));
  double sum = 0;
  for (std::uint64_t sweep = 2; sweep < 7; ++sweep) {
    const auto run = whole_sweep(school, lively.at(sweep));
    auto after = by_key(run);
    EXPECT_EQ(after.size(), run.count()) << "keys repeat";
    const auto d = between(before, after);
    EXPECT_EQ(d.vanished, 0u);
    const auto share = static_cast<double>(d.fresh + d.changed) / 30'000;
    EXPECT_NEAR(share, 0.01, 0.005);
    sum += share;
    EXPECT_GT(d.withdrawn, 0u);
    EXPECT_GT(d.returned, 0u);
    EXPECT_GT(d.other_teachers, 0u);
    EXPECT_GT(d.other_email, 0u);
    EXPECT_GT(d.fresh, 0u);
    EXPECT_FALSE(d.new_classrooms.empty());
    before = std::move(after);
  }
  EXPECT_NEAR(sum / 5, 0.01, 0.002);
}

TEST(Life, APupilWhoMovesLeavesWithdrawnRecordsBehind) {
  const school_system school(1, 30'000, 2026);
  const life quiet(school, 0, 2);
  const auto before = quiet.at(1);
  auto after = before;
  after[static_cast<std::size_t>(change::moved)] = 1;
  const auto old_records = by_key(whole_sweep(school, before)), records = by_key(whole_sweep(school, after));
  std::string mover, from, to;
  std::size_t left = 0, entered = 0;
  for (const auto& [key, record] : records) {
    const auto old = old_records.find(key);
    if (old != old_records.end() && old->second == record)
      continue;
    const auto r = json::parse(record);
    EXPECT_TRUE(mover.empty() || mover == text(r["person"]["id"]));
    mover = text(r["person"]["id"]);
    if (old == old_records.end()) {
      EXPECT_EQ(r["status"], "enrolled");
      to = text(r["group"]["code"]) + text(r["centre"]["code"]);
      ++entered;
    } else {
      EXPECT_EQ(r["status"], "withdrawn");
      from = text(r["group"]["code"]) + text(r["centre"]["code"]);
      ++left;
    }
  }
  EXPECT_GE(left, 7u);
  EXPECT_GE(entered, 7u);
  EXPECT_NE(from, to);

  // After a round of everybody, the first mover comes back: the same keys, the other way round.
  after[static_cast<std::size_t>(change::moved)] = school.movers().size() + 1;
  const auto back = by_key(whole_sweep(school, after));
  for (const auto& [key, record] : records) {
    if (key.find('/' + mover + '/') == std::string::npos)
      continue;
    const auto& now = back.at(key);
    const bool of_old_group = old_records.count(key) == 1;
    EXPECT_EQ(json::parse(now)["status"] == "withdrawn",
              !of_old_group || json::parse(old_records.at(key))["status"] == "withdrawn");
  }
}

TEST(Life, WithdrawnRecordsReturnUnderTheirKey) {
  const school_system school(1, 30'000, 2026);
  const life quiet(school, 0, 2);
  const auto before = quiet.at(1);
  auto after = before;
  after[static_cast<std::size_t>(change::withdrawn)] += 50;
  after[static_cast<std::size_t>(change::returned)] += 50;
  const auto d = between(by_key(whole_sweep(school, before)), by_key(whole_sweep(school, after)));
  EXPECT_EQ(d.fresh + d.vanished, 0u);
  EXPECT_NEAR(static_cast<double>(d.withdrawn), 50, 5);  // an event may hit a teacher: nothing then
  EXPECT_NEAR(static_cast<double>(d.returned), 50, 5);
}

TEST(Life, ASubstituteTakesThePlaceAndTheTeacherComesBack) {
  const school_system school(1, 30'000, 2026);
  const life quiet(school, 0, 2);
  auto events = quiet.at(1);
  const auto before = by_key(whole_sweep(school, events));
  events[static_cast<std::size_t>(change::replaced)] = 20;
  const auto after = by_key(whole_sweep(school, events));
  const auto d = between(before, after);
  EXPECT_EQ(d.vanished, 0u);
  EXPECT_GT(d.fresh, 5u);
  EXPECT_LE(d.fresh, 20u);
  EXPECT_GT(d.other_teachers, 200u);
  for (const auto& [key, record] : after) {
    const auto r = json::parse(record);
    if (r["role"] != "teacher")
      continue;
    bool listed = false;
    for (const auto& teacher : r["teachers"])
      listed = listed || teacher["id"] == r["person"]["id"];
    EXPECT_EQ(listed, r["status"] == "enrolled") << key;
  }
}

TEST(Life, WhatRecordsShareIsTheSameInAllOfThem) {
  const school_system school(7, 30'000, 2026);
  const life lively(school, 0.05, 2);
  const auto run = whole_sweep(school, lively.at(9));
  std::map<std::string, std::string> people, classrooms;
  for (const auto& r : parsed(run)) {
    auto person = r["person"];
    const auto whole = people.emplace(text(r["role"]) + text(person["id"]), person.dump());
    EXPECT_EQ(whole.first->second, person.dump());
    const auto room =
        json{r["centre"], r["course"], r["subject"], r["group"], r["teachers"], r["timetable"]}.dump();
    const auto seen = classrooms.emplace(classroom_of(key_in(r)), room);
    EXPECT_EQ(seen.first->second, room);
    for (const auto& teacher : r["teachers"]) {
      const auto address = people.emplace("address" + text(teacher["id"]), teacher["email"].dump());
      EXPECT_EQ(address.first->second, teacher["email"].dump());
    }
    if (r["role"] == "teacher") {
      const auto address = people.emplace("address" + text(person["id"]), person["email"].dump());
      EXPECT_EQ(address.first->second, person["email"].dump());
    }
  }
}

TEST(Life, RatesMayChangeOnTheWay) {
  const school_system school(1, 30'000, 2026);
  life l(school, 0, 2);
  l.change_rate(0.01, 5);
  l.change_rate(0, 8);
  EXPECT_EQ(l.at(4), l.at(1));
  EXPECT_NE(l.at(5), l.at(4));
  EXPECT_NE(l.at(7), l.at(6));
  EXPECT_EQ(l.at(8), l.at(7));
  const life other(school, 0.01, 5);
  EXPECT_EQ(l.at(7), other.at(7));
}

TEST(Life, NeverChangesMoreThanThereIs) {
  const school_system school(1, 30'000, 2026);
  const life wild(school, 1, 2);
  for (std::uint64_t sweep = 1; sweep < 4; ++sweep) {
    const auto run = whole_sweep(school, wild.at(sweep));
    EXPECT_EQ(by_key(run).size(), run.count());
  }
  const auto far = whole_sweep(school, wild.at(1'000'000));
  EXPECT_EQ(by_key(far).size(), far.count());
}

}  // namespace
}  // namespace matricula::simulator
