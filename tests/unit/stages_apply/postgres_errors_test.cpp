// SPDX-License-Identifier: Apache-2.0
#include "actors/apply/postgres_connection.hpp"
#include "actors/apply/postgres_errors.hpp"

#include <gmock/gmock.h>

namespace matricula {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(postgres_errors, classes_say_who_is_to_act) {
  EXPECT_EQ(code_of_sqlstate(""), error_code::database_unavailable);
  EXPECT_EQ(code_of_sqlstate("08006"), error_code::database_unavailable);
  EXPECT_EQ(code_of_sqlstate("57P01"), error_code::database_unavailable);
  EXPECT_EQ(code_of_sqlstate("57P03"), error_code::database_unavailable);
  EXPECT_EQ(code_of_sqlstate("40001"), error_code::database_conflict);
  EXPECT_EQ(code_of_sqlstate("40P01"), error_code::database_conflict);
  EXPECT_EQ(code_of_sqlstate("55P03"), error_code::database_conflict);
  EXPECT_EQ(code_of_sqlstate("25006"), error_code::database_refuses);
  EXPECT_EQ(code_of_sqlstate("53100"), error_code::database_refuses);
  EXPECT_EQ(code_of_sqlstate("57014"), error_code::database_refuses);
  EXPECT_EQ(code_of_sqlstate("22001"), error_code::row_refused);
  EXPECT_EQ(code_of_sqlstate("23505"), error_code::row_refused);
  EXPECT_EQ(code_of_sqlstate("42P01"), error_code::target_broken);
  EXPECT_EQ(code_of_sqlstate("XX000"), error_code::target_broken);
}

TEST(postgres_errors, messages_lose_what_rows_hold) {
  EXPECT_EQ(printable_message("22P02", "ERROR:  invalid input syntax for type date: \"Anna\"\nLINE 1: x"),
            "invalid input syntax for type date");
  EXPECT_EQ(printable_message("23505", "ERROR:  duplicate key value violates unique constraint \"p\"\n"
                                       "DETAIL:  Key (name)=(Anna) already exists.\n"),
            "duplicate key value violates unique constraint \"p\"");
  EXPECT_EQ(printable_message("42P01", "ERROR:  relation \"x\" does not exist"),
            "relation \"x\" does not exist");
}

TEST(postgres_address, names_the_place_without_the_password) {
  const auto address =
      postgres_address::read("postgresql://u:s3cret@db.example:5433/aules", "matricula eso46");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->printable, "db.example:5433/aules");
  EXPECT_THAT(address->conninfo, HasSubstr("password='s3cret'"));
  EXPECT_THAT(address->conninfo, HasSubstr("application_name='matricula eso46'"));
  EXPECT_THAT(address->conninfo, HasSubstr("connect_timeout='10'"));
}

TEST(postgres_address, keeps_what_the_address_says) {
  const auto address =
      postgres_address::read("postgresql://u@h/d?connect_timeout=3&application_name=mine", "other");
  ASSERT_TRUE(address);
  EXPECT_THAT(address->conninfo, HasSubstr("connect_timeout='3'"));
  EXPECT_THAT(address->conninfo, HasSubstr("application_name='mine'"));
}

TEST(postgres_address, quotes_what_needs_it) {
  const auto address = postgres_address::read(R"(host=h user=u dbname=d password='a\'b\\c d')", "x");
  ASSERT_TRUE(address);
  EXPECT_THAT(address->conninfo, HasSubstr(R"(password='a\'b\\c d')"));
}

TEST(postgres_address, refuses_what_libpq_cannot_read_without_repeating_it) {
  const auto address = postgres_address::read("postgresql://u:s3cret@h:port:x/d?nonsense=1", "x");
  ASSERT_FALSE(address);
  EXPECT_EQ(address.error().code, error_code::database_refuses);
  EXPECT_THAT(address.error().text, Not(HasSubstr("s3cret")));
}

}  // namespace
}  // namespace matricula
