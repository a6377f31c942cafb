// SPDX-License-Identifier: Apache-2.0
#include "cli/command.hpp"
#include "cli/doctor.hpp"
#include "records_by_hand.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace matricula
