// SPDX-License-Identifier: Apache-2.0
#include "sweep_reading.hpp"

#include "itaca_simulator/life.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

namespace matricula::simulator {
namespace {

using nlohmann::json;

TEST(SchoolSystem, HoldsTheWantedLanesOnly) {
  const school_system school(1, 30'000, 2026, {*lane_from("ESO-46"), *lane_from("FP-03")});
  const life quiet(school, 0, 2);
  const auto run = whole_sweep(school, quiet.at(1));
  EXPECT_EQ(run.count(), 30'000u);
  std::set<std::string> lanes;
  for (const auto& record : parsed(run))
    lanes.insert(record["centre"]["flavour"].get<std::string>() + '-' +
                 record["centre"]["code"].get<std::string>().substr(0, 2));
  EXPECT_EQ(lanes, (std::set<std::string>{"ESO-46", "FP-03"}));
  EXPECT_FALSE(lane_from("ESO-47"));
  EXPECT_FALSE(lane_from("Eso-46"));
}

// One school system of the smallest usual size, read by all tests.
struct first_sweep {
  school_system school{1, 30'000, 2026};
  life quiet{school, 0, 2};
  record_run run = whole_sweep(school, quiet.at(1));
  std::vector<json> records = parsed(run);
};

const first_sweep& first() {
  static const first_sweep made;
  return made;
}

std::string text(const json& value) { return value.get<std::string>(); }

TEST(SchoolSystem, ServesExactlyTheRecordsAskedFor) {
  EXPECT_EQ(first().run.count(), 30'000u);
  EXPECT_TRUE(first().run.last);
  for (const std::uint64_t records : {1u, 24u, 700u, 30'001u}) {
    const school_system school(5, records, 2026);
    const life quiet(school, 0, 2);
    EXPECT_EQ(whole_sweep(school, quiet.at(1)).count(), records);
  }
}

TEST(SchoolSystem, IsTheSameForTheSameSeedOnly) {
  const school_system same(1, 30'000, 2026), other(2, 30'000, 2026);
  EXPECT_EQ(whole_sweep(same, life(same, 0, 2).at(1)).bytes, first().run.bytes);
  EXPECT_NE(whole_sweep(other, life(other, 0, 2).at(1)).bytes, first().run.bytes);
}

TEST(SchoolSystem, RecordsHave500To900Bytes) {
  std::size_t outside = 0;
  for (std::size_t i = 0; i < first().run.count(); ++i) {
    const auto size = first().run.record(i).size();
    outside += size < 500 || size > 900 ? 1 : 0;
    EXPECT_LT(size, 1'100u);
  }
  EXPECT_LT(outside, 300u);  // 1 %
}

TEST(SchoolSystem, KeysAreUniqueAndAsTheWriterSays) {
  std::set<std::string> keys;
  record_writer writer(moment(first().school, first().quiet.at(1)));
  slot_walk walk(moment(first().school, first().quiet.at(1)), 0);
  for (const auto& record : first().records) {
    const auto key = key_in(record);
    EXPECT_TRUE(keys.insert(key).second) << key;
    std::string said;
    writer.append_key(said, walk.here());
    ASSERT_EQ(said, key);
    walk.advance();
  }
}

TEST(SchoolSystem, KeysAreUniqueInAllThatMayEverCome) {
  const school_system school(3, 500'000, 2026);
  const life quiet(school, 0, 2);
  record_writer writer(moment(school, quiet.at(1)));
  std::vector<std::uint64_t> hashes;
  std::string key;
  place p{};
  for (std::uint64_t slot = 0; slot < school.slots_end(); ++slot)
    if (school.place_at(slot, p)) {
      key.clear();
      writer.append_key(key, p);
      hashes.push_back(hash_of(key));
    }
  EXPECT_GT(hashes.size(), 700'000u);
  std::sort(hashes.begin(), hashes.end());
  EXPECT_EQ(std::adjacent_find(hashes.begin(), hashes.end()), hashes.end());
}

TEST(SchoolSystem, RecordsHaveExactlyTheFieldsOfTheContract) {
  const std::map<std::string, std::vector<std::string>> members = {
      {"centre", {"code", "flavour", "name"}},
      {"course", {"code", "name"}},
      {"group", {"code", "name", "tutor"}},
      {"person", {"born", "email", "id", "name", "surname1", "surname2"}},
      {"subject", {"code", "name_cas", "name_val"}}};
  const auto names = [](const json& object) {
    std::vector<std::string> all;
    for (const auto& [name, value] : object.items())
      all.push_back(name);
    return all;
  };
  for (std::size_t i = 0; i < first().records.size(); i += 17) {
    const auto& r = first().records[i];
    EXPECT_EQ(names(r), (std::vector<std::string>{"centre", "course", "group", "person", "role", "since",
                                                  "status", "subject", "teachers", "timetable", "year"}));
    for (const auto& [name, inner] : members)
      EXPECT_EQ(names(r[name]), inner);
    ASSERT_FALSE(r["teachers"].empty());
    for (const auto& teacher : r["teachers"])
      EXPECT_EQ(names(teacher),
                (std::vector<std::string>{"email", "id", "name", "substitutes", "surname1", "surname2"}));
    ASSERT_FALSE(r["timetable"].empty());
    for (const auto& lesson : r["timetable"]) {
      EXPECT_EQ(names(lesson), (std::vector<std::string>{"day", "from", "room", "to"}));
      EXPECT_TRUE(lesson["day"] >= 1 && lesson["day"] <= 5);
    }
    EXPECT_EQ(text(r["centre"]["code"]).size(), 8u);
    EXPECT_EQ(text(r["course"]["code"]).size(), 10u);
    EXPECT_EQ(text(r["person"]["id"]).size(), r["role"] == "student" ? 8u : 10u);
    EXPECT_EQ(text(r["since"]).size(), 10u);
  }
}

TEST(SchoolSystem, CoversEveryFlavourInEveryProvince) {
  std::map<std::string, std::size_t> lanes, provinces;
  for (const auto& r : first().records) {
    const auto province = text(r["centre"]["code"]).substr(0, 2);
    ++lanes[text(r["centre"]["flavour"]) + '-' + province];
    ++provinces[province];
  }
  EXPECT_EQ(lanes.size(), 24u);
  EXPECT_EQ(provinces.size(), 3u);
}

TEST(SchoolSystem, HasBelievableProportionsAtSize) {
  const school_system school(1, 2'000'000, 2026);
  std::map<flavour, double> groups;
  std::map<std::uint32_t, double> provinces;
  for (const auto& g : school.groups()) {
    groups[courses()[g.course[0]].taught_in] += 1.0 / static_cast<double>(school.groups().size());
    provinces[school.centres()[g.centre].code / 1'000'000] +=
        1.0 / static_cast<double>(school.groups().size());
  }
  EXPECT_EQ(groups.size(), flavours);
  EXPECT_GT(groups[flavour::primaria], 0.25);
  EXPECT_GT(groups[flavour::eso], 0.15);
  EXPECT_LT(groups[flavour::iseacv], 0.06);
  EXPECT_LT(groups[flavour::especials], 0.03);
  EXPECT_GT(provinces[46], provinces[3]);
  EXPECT_GT(provinces[3], provinces[12]);
  EXPECT_GT(provinces[12], 0.08);
}

TEST(SchoolSystem, GroupsHave20To30PupilsAnd8To11Subjects) {
  for (const auto& g : first().school.groups()) {
    EXPECT_TRUE(g.pupils >= 20 && g.pupils <= 30);
    for (int c = 0; c < first().school.courses_of(g); ++c) {
      const auto subjects = courses()[g.course[c]].subjects.size();
      EXPECT_TRUE(subjects >= 8 && subjects <= 11);
    }
  }
}

TEST(SchoolSystem, CodesRepeatWhereItacaRepeatsThem) {
  std::map<std::string, std::set<std::string>> courses_of_subject, centres_of_group, courses_of_group;
  for (const auto& r : first().records) {
    courses_of_subject[text(r["subject"]["code"])].insert(text(r["course"]["code"]));
    centres_of_group[text(r["group"]["code"])].insert(text(r["centre"]["code"]));
    courses_of_group[text(r["centre"]["code"]) + text(r["group"]["code"])].insert(text(r["course"]["code"]));
  }
  EXPECT_GT(courses_of_subject["MAT"].size(), 3u);
  EXPECT_GT(centres_of_group["1ESOA"].size(), 2u);
  EXPECT_TRUE(std::any_of(courses_of_group.begin(), courses_of_group.end(),
                          [](const auto& group) { return group.second.size() == 2; }));
  EXPECT_TRUE(std::any_of(centres_of_group.begin(), centres_of_group.end(),
                          [](const auto& group) { return group.first.find('/') != std::string::npos; }));
}

TEST(SchoolSystem, PeopleAreAsVariousAsInAGlance) {
  std::map<std::string, std::set<std::string>> centres_of_student, groups_of_teacher;
  std::map<std::string, std::string> teachers;  // names and birthday
  std::set<std::string> students;
  bool substitute = false, one_surname = false, middle_dot = false, cedilla = false, apostrophe = false;
  for (const auto& r : first().records) {
    const auto& person = r["person"];
    const auto id = text(person["id"]);
    const auto who = text(person["name"]) + '|' + text(person["surname1"]) + '|' + text(person["surname2"]) +
                     '|' + text(person["born"]);
    if (r["role"] == "student") {
      centres_of_student[id].insert(text(r["centre"]["code"]));
      students.insert(who);
    } else {
      groups_of_teacher[id].insert(text(r["group"]["code"]));
      teachers[id] = who;
      EXPECT_TRUE(id[0] == '0' && id[9] >= 'A' && id[9] <= 'Z');
    }
    substitute = substitute || !r["teachers"][0]["substitutes"].is_null();
    one_surname = one_surname || person["surname2"] == "";
    middle_dot = middle_dot || who.find("l·l") != std::string::npos;
    cedilla = cedilla || who.find("ç") != std::string::npos;
    apostrophe = apostrophe || who.find('\'') != std::string::npos;
  }
  EXPECT_TRUE(substitute && one_surname && middle_dot && cedilla && apostrophe);
  const auto several = [](const auto& entry) { return entry.second.size() > 1; };
  EXPECT_GT(std::count_if(centres_of_student.begin(), centres_of_student.end(), several), 10);
  EXPECT_GT(std::count_if(groups_of_teacher.begin(), groups_of_teacher.end(), several), 50);
  // A teacher who is also a student has two accounts: same person, another id.
  EXPECT_TRUE(std::any_of(teachers.begin(), teachers.end(),
                          [&](const auto& teacher) { return students.count(teacher.second) == 1; }));
}

TEST(SchoolSystem, SlotsAndPlacesAgree) {
  const auto& school = first().school;
  std::map<std::uint64_t, place> by_group;
  for (std::uint32_t g = 0; g < school.groups().size(); ++g)
    school.for_each_of_group(g, [&](std::uint64_t slot, const place& p) {
      EXPECT_TRUE(by_group.emplace(slot, p).second) << slot;
    });
  place p{};
  std::size_t used = 0;
  for (std::uint64_t slot = 0; slot < school.slots_end(); ++slot)
    if (school.place_at(slot, p)) {
      ++used;
      ASSERT_EQ(by_group.count(slot), 1u) << slot;
      EXPECT_EQ(by_group[slot], p);
    }
  EXPECT_EQ(used, by_group.size());
}

}  // namespace
}  // namespace matricula::simulator
