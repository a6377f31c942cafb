// SPDX-License-Identifier: Apache-2.0
#include "cli/command.hpp"
#include "cli/doctor.hpp"
#include "records_by_hand.hpp"
#include "tests/integration/moodle_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <sstream>
#include <string>

namespace matricula {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class doctor_test : public records_by_hand {
 protected:
  int examine(const std::string& site = "") {
    out.str("");
    return examine_deployment(deployment.file(), site, std::chrono::seconds{20}, deployment.environment(),
                              out, errors);
  }
};

TEST_F(doctor_test, finds_nothing_wrong_with_a_site_and_a_kafka_that_are_ready) {
  EXPECT_EQ(examine("eso46"), exit_done);
  EXPECT_THAT(out.str(), AllOf(HasSubstr("fine   Kafka at "), HasSubstr("5 topics are as the file says"),
                               HasSubstr("fine   site eso46: "), HasSubstr("2 fine, 0 late, 0 wrong"),
                               Not(HasSubstr("source"))));
  EXPECT_EQ(database.value("select to_regnamespace('matricula') is null"), "t");
}

TEST_F(doctor_test, goes_on_to_the_next_thing_when_one_is_wrong) {
  database.query("create schema matricula; create table matricula.positions (topic text)");
  deployment.write(3);
  EXPECT_EQ(examine(), exit_failed);
  EXPECT_THAT(out.str(), AllOf(HasSubstr("has 2 partitions, not 3"), HasSubstr("wrong  source itaca: "),
                               HasSubstr("wrong  site eso46: "), HasSubstr("0 fine, 0 late, 4 wrong")));
}

TEST_F(doctor_test, names_a_site_that_is_not_there) {
  EXPECT_EQ(examine("nowhere"), exit_wrong_usage);
  EXPECT_THAT(errors.str(), HasSubstr("has no site \"nowhere\""));
}

/// The command, at a site of the target `moodle`.
class doctor_of_a_moodle : public moodle_site {
 protected:
  ~doctor_of_a_moodle() override { std::filesystem::remove(file_); }

  /// What it says of the site; there is no Kafka here.
  std::string told() const {
    write_topology(file_);
    std::ostringstream out, errors;
    EXPECT_EQ(examine_deployment(file_, "eso46", std::chrono::seconds{1}, environment(), out, errors),
              exit_failed);
    EXPECT_EQ(errors.str(), "");
    return out.str();
  }

  std::filesystem::path file_ = std::filesystem::temp_directory_path() / (database_.name() + ".toml");
};

TEST_F(doctor_of_a_moodle, says_that_a_database_has_none_of_its_tables) {
  EXPECT_THAT(told(), AllOf(HasSubstr("fine   site eso46: Moodle 4.3 (Build: 20231009)"),
                            Not(HasSubstr("There is no table"))));
  for (const auto table :
       database_.query("select relname from pg_class where relkind = 'r' and relname like 'mdl_%'"))
    database_.query(std::string{"drop table "} + table[0].c_str());
  const auto all = told();
  EXPECT_THAT(all,
              AllOf(HasSubstr("wrong  site eso46: "), HasSubstr("There is no table mdl_config"),
                    HasSubstr("its tables begin with another prefix, which settings of the site can say"),
                    Not(HasSubstr("fine   site eso46"))));
  EXPECT_EQ(value("select to_regnamespace('matricula') is null and to_regnamespace('classrooms') is null"),
            "t");
}

}  // namespace
}  // namespace matricula
