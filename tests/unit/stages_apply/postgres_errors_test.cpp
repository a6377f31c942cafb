// SPDX-License-Identifier: Apache-2.0
#include "actors/apply/postgres_connection.hpp"
#include "actors/apply/postgres_errors.hpp"

#include <gmock/gmock.h>
#include <pqxx/pqxx>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <new>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace matricula {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Every state of PostgreSQL 15's manual, appendix A "PostgreSQL Error Codes", by what it means to the pipeline.
constexpr std::pair<error_code, std::string_view> documented_states[] = {
    {error_code::database_unavailable,
     "08000 08001 08003 08004 08006 08007 08P01 25P03 40003 57P01 57P02 57P03 57P04 57P05"},
    {error_code::database_conflict, "40000 40001 40P01 55P03 72000"},
    {error_code::database_refuses,
     "25006 28000 28P01 3D000 53000 53100 53200 53300 53400 55000 55006 57000 57014 58000 "
     "58030 58P01 58P02 F0000 F0001 HV001 HV00N XX000 XX001 XX002"},
    {error_code::row_refused,
     "20000 21000 22000 22001 22002 22003 22004 22005 22007 22008 22009 2200B 2200C 2200D "
     "2200F 2200G 2200H 2200L 2200M 2200N 2200S 2200T 22010 22011 22012 22013 22014 22015 "
     "22016 22018 22019 2201B 2201E 2201F 2201G 2201W 2201X 22021 22022 22023 22024 22025 "
     "22026 22027 2202E 2202G 2202H 22030 22031 22032 22033 22034 22035 22036 22037 22038 "
     "22039 2203A 2203B 2203C 2203D 2203E 2203F 2203G 22P01 22P02 22P03 22P04 22P05 22P06 "
     "22P07 23000 23001 23502 23503 23505 23514 23P01 40002 44000 54000 54001 P0001 P0002 "
     "P0003"},
    {error_code::target_broken,
     "00000 01000 01003 01004 01006 01007 01008 0100C 01P01 02000 02001 03000 09000 0A000 "
     "0B000 0F000 0F001 0L000 0LP01 0P000 0Z000 0Z002 24000 25000 25001 25002 25003 25004 "
     "25005 25007 25008 25P01 25P02 26000 27000 2B000 2BP01 2D000 2F000 2F002 2F003 2F004 "
     "2F005 34000 38000 38001 38002 38003 38004 39000 39001 39004 39P01 39P02 39P03 3B000 "
     "3B001 3F000 42000 42501 42601 42602 42611 42622 42701 42702 42703 42704 42710 42712 "
     "42723 42725 42803 42804 42809 42830 42846 42883 428C9 42939 42P01 42P02 42P03 42P04 "
     "42P05 42P06 42P07 42P08 42P09 42P10 42P11 42P12 42P13 42P14 42P15 42P16 42P17 42P18 "
     "42P19 42P20 42P21 42P22 54011 54023 55P02 55P04 HV000 HV002 HV004 HV005 HV006 HV007 "
     "HV008 HV009 HV00A HV00B HV00C HV00D HV00J HV00K HV00L HV00M HV00P HV00Q HV00R HV010 "
     "HV014 HV021 HV024 HV090 HV091 P0000 P0004"},
};

std::vector<std::string> words_of(std::string_view text) {
  std::istringstream in{std::string{text}};
  return {std::istream_iterator<std::string>{in}, {}};
}

std::map<std::string, error_code> documented() {
  std::map<std::string, error_code> all;
  for (const auto& [code, states] : documented_states)
    for (const auto& state : words_of(states))
      EXPECT_TRUE(all.emplace(state, code).second) << state << " stands twice";
  return all;
}

/// What docs/targets.md says of each class and state that it names: the table's first column is the code.
std::map<std::string, error_code> said_in_the_documentation() {
  std::ifstream page{MATRICULA_SOURCE_DIRECTORY "/docs/targets.md"};
  std::map<std::string, error_code> said;
  const std::regex backticks{"`([^`]+)`"};
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("| `"))
      continue;
    std::vector<std::string> quoted;  // `database_conflict`, `40`, `55P03`, …
    for (std::sregex_iterator found{line.begin(), line.end(), backticks}, end; found != end; ++found)
      quoted.push_back((*found)[1]);
    const auto code = quoted.empty() ? std::nullopt : error_code_named(quoted.front());
    for (std::size_t i = 1; code && i < quoted.size(); ++i)
      EXPECT_TRUE(said.emplace(quoted[i], *code).second) << quoted[i] << " stands twice";
  }
  return said;
}

TEST(sqlstates, mean_what_they_are_documented_to_mean) {
  EXPECT_EQ(code_of_sqlstate(""), error_code::database_unavailable);
  const auto all = documented();
  EXPECT_EQ(all.size(), 261U);
  for (const auto& [state, code] : all)
    EXPECT_EQ(name_of(code_of_sqlstate(state)), name_of(code)) << state;
}

TEST(sqlstates, have_a_rule_for_every_class_and_none_that_is_needless) {
  std::set<std::string_view> classes, states;
  for (const auto& rule : sqlstate_rules())
    EXPECT_TRUE((rule.state.size() == 2 ? classes : states).insert(rule.state).second) << rule.state;
  std::set<std::string> documented_classes;
  for (const auto& [state, code] : documented())
    documented_classes.insert(state.substr(0, 2));
  EXPECT_TRUE(
      std::equal(classes.begin(), classes.end(), documented_classes.begin(), documented_classes.end()));
  for (const auto& rule : sqlstate_rules())
    if (rule.state.size() == 5) {
      ASSERT_TRUE(classes.contains(rule.state.substr(0, 2))) << rule.state;
      EXPECT_NE(code_of_sqlstate(std::string{rule.state.substr(0, 2)} + "~~~"), rule.code) << rule.state;
    }
}

TEST(sqlstates, that_no_manual_knows_are_a_target_s_own) {
  EXPECT_EQ(code_of_sqlstate("AB123"), error_code::target_broken);
  EXPECT_EQ(code_of_sqlstate("22ZZZ"),
            error_code::row_refused);  // a class counts for what it will hold one day
  EXPECT_EQ(code_of_sqlstate("25P04"), error_code::database_unavailable);  // PostgreSQL 17
}

TEST(sqlstates, are_explained_as_they_are_met) {
  const auto said = said_in_the_documentation();
  for (const auto& rule : sqlstate_rules()) {
    const auto found = said.find(std::string{rule.state});
    // The last row of the page's table is for "all others".
    const auto code = found == said.end() ? error_code::target_broken : found->second;
    EXPECT_EQ(name_of(code), name_of(rule.code)) << rule.state;
  }
  for (const auto& [state, code] : said)
    EXPECT_EQ(name_of(code_of_sqlstate(state.size() == 2 ? state + "~~~" : state)), name_of(code)) << state;
}

/// The list from which PostgreSQL makes its appendix, where a server is installed.
TEST(sqlstates, are_all_that_the_installed_server_has) {
  std::ifstream list{"/usr/share/postgresql/15/errcodes.txt"};
  if (!list)
    GTEST_SKIP() << "no PostgreSQL 15 here";
  const auto ours = documented();
  std::size_t count = 0;
  for (std::string line; std::getline(list, line);)
    if (line.size() > 9 && line[0] != '#' && line[5] == ' ' && line.find("ERRCODE_") != line.npos) {
      EXPECT_TRUE(ours.contains(line.substr(0, 5))) << line;
      ++count;
    }
  EXPECT_GT(count, 250U);  // minor versions differ by one or two
}

TEST(sqlstates, that_libpqxx_does_not_pass_on_are_known_by_the_exception) {
  const auto thrown = [](const auto& what) {
    try {
      throw what;
    } catch (...) {
      return postgres_failure(nullptr, "here");
    }
  };
  const auto expect = [](const failure& why, error_code code, const std::string& sqlstate) {
    EXPECT_EQ(name_of(why.code), name_of(code)) << why.text;
    EXPECT_THAT(why.text, HasSubstr(sqlstate));
  };
  expect(thrown(pqxx::serialization_failure{"x"}), error_code::database_conflict, "40001");
  expect(thrown(pqxx::deadlock_detected{"x"}), error_code::database_conflict, "40P01");
  expect(thrown(pqxx::statement_completion_unknown{"x"}), error_code::database_unavailable, "40003");
  expect(thrown(pqxx::transaction_rollback{"x"}), error_code::database_conflict, "40000");
  expect(thrown(pqxx::insufficient_privilege{"permission denied for table person"}),
         error_code::target_broken, "42501");
  expect(thrown(pqxx::too_many_connections{"x"}), error_code::database_refuses, "53300");
  expect(thrown(pqxx::in_doubt_error{"x"}), error_code::database_unavailable, "may have happened");
  expect(thrown(pqxx::broken_connection{"x"}), error_code::database_unavailable, "x");
  expect(thrown(pqxx::sql_error{"x", "select", "23505"}), error_code::row_refused, "23505");
  expect(thrown(std::bad_alloc{}), error_code::database_refuses, "out of memory");
}

TEST(postgres_failures, of_a_row_are_another_s_where_there_is_no_row) {
  try {
    throw pqxx::sql_error{"x", "set", "22023"};
  } catch (...) {
    const auto why = postgres_failure(nullptr, "here", error_code::target_broken);
    EXPECT_EQ(why.code, error_code::target_broken);
    EXPECT_THAT(why.text, Not(HasSubstr("quarantine")));
  }
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
