// SPDX-License-Identifier: Apache-2.0
#include "actors/apply/target.hpp"

#include "actors/apply/copy_encoder.hpp"
#include "actors/apply/postgres_bookkeeping.hpp"
#include "config/target_folder.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <unistd.h>

namespace matricula {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;

class target_folder : public testing::Test {
 protected:
  target_folder() {
    for (const auto* name : {"schema.sql", "session.sql", "differs.sql", "outcomes.sql", "verify.sql"})
      given_file(name, std::string{"-- "} + name);
    given_file("20_second.sql", "select 2");
    given_file("10_first.sql", "select 1");
  }
  ~target_folder() override { fs::remove_all(folder_); }

  void given_file(const std::string& name, const std::string& text) {
    fs::create_directories(folder_);
    std::ofstream{folder_ / name} << text;
  }
  void given_no_file(const std::string& name) { fs::remove(folder_ / name); }
  result<target> load() const { return target::load(folder_); }
  std::string problem() const {
    const auto loaded = load();
    return loaded ? "none" : loaded.error().text;
  }

  fs::path folder_ =
      fs::temp_directory_path() / ("matricula_target_test_" + std::to_string(getpid())) / "mine";
};

TEST_F(target_folder, gives_its_steps_in_order) {
  const auto loaded = load();
  ASSERT_TRUE(loaded) << loaded.error().text;
  EXPECT_EQ(loaded->name, "mine");
  EXPECT_EQ(loaded->schema.sql, "-- schema.sql");
  EXPECT_EQ(loaded->verify.name, "verify.sql");
  EXPECT_THAT(loaded->steps, ElementsAre(AllOf(Field(&target_file::name, "10_first.sql"),
                                               Field(&target_file::sql, "select 1")),
                                         Field(&target_file::name, "20_second.sql")));
}

TEST_F(target_folder, lists_all_that_is_wrong_at_once) {
  given_no_file("schema.sql");
  given_no_file("verify.sql");
  given_file("notes.sql", "select 3");
  given_file("30_third.sql", " \n");
  const auto loaded = load();
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, error_code::target_broken);
  EXPECT_THAT(loaded.error().text,
              AllOf(HasSubstr("schema.sql is missing"), HasSubstr("verify.sql is missing"),
                    HasSubstr("notes.sql is neither"), HasSubstr("30_third.sql is empty")));
}

TEST_F(target_folder, is_judged_by_matricula_check_as_by_matricula_run) {
  EXPECT_THAT(config::read_target_folder(folder_).flaws, ElementsAre());
  given_no_file("verify.sql");
  given_file("notes.sql", "select 3");
  given_file("outcomes.sql", " \n");
  given_no_file("10_first.sql");
  given_no_file("20_second.sql");
  std::string flaws;
  for (const auto& flaw : config::read_target_folder(folder_).flaws)
    flaws += (flaws.empty() ? "" : "; ") + flaw;
  EXPECT_THAT(problem(), HasSubstr(": " + flaws + " ("));
}

TEST_F(target_folder, needs_a_step) {
  given_no_file("10_first.sql");
  given_no_file("20_second.sql");
  EXPECT_THAT(problem(), HasSubstr("no step"));
}

TEST_F(target_folder, may_have_a_doctor) {
  const auto without = load();
  ASSERT_TRUE(without);
  EXPECT_EQ(without->doctor.sql, "");
  given_file("doctor.sql", "select 3");
  const auto with = load();
  ASSERT_TRUE(with) << with.error().text;
  EXPECT_EQ(with->doctor.sql, "select 3");
}

TEST_F(target_folder, may_put_things_back_in_parts_that_it_gives_in_order) {
  given_file("undo.sql", "select 3");
  given_file("undo_2_groups.sql", "select 2");
  given_file("undo_1_courses.sql", "select 1");
  const auto loaded = load();
  ASSERT_TRUE(loaded) << loaded.error().text;
  EXPECT_EQ(loaded->undo.sql, "select 3");
  EXPECT_THAT(loaded->parts_of_undo, ElementsAre(Field(&target_file::name, "undo_1_courses.sql"),
                                                 Field(&target_file::name, "undo_2_groups.sql")));
}

TEST_F(target_folder, passes_over_what_is_not_sql) {
  given_file("README.md", "x");
  EXPECT_EQ(problem(), "none");
}

TEST_F(target_folder, digest_follows_the_schema_alone) {
  const auto before = load();
  given_file("10_first.sql", "select 11");
  const auto other_step = load();
  given_file("schema.sql", "-- another");
  const auto other_schema = load();
  ASSERT_TRUE(before && other_step && other_schema);
  EXPECT_EQ(before->schema_digest, other_step->schema_digest);
  EXPECT_NE(before->schema_digest, other_schema->schema_digest);
}

/// `mine` extends `theirs`, which stands beside it.
class target_that_extends : public target_folder {
 protected:
  target_that_extends() {
    fs::rename(folder_, theirs_);
    given_file("target.toml", R"(
extends = "theirs"
table_prefix = "mdl_"
[settings]
prefix = { default = "mdl_" }
withdraw = { default = "suspend", one_of = ["suspend", "keep"] }
)");
    given_file("schema.sql", "create table mdl_mine");
    given_file("15_between.sql", "select 'mdl_', amdl_x from mdl_user, public.mdl_mdl_x");
  }
  ~target_that_extends() override { fs::remove_all(theirs_); }

  result<target> load_with(const std::map<std::string, std::string>& settings) const {
    return target::load(folder_, settings);
  }

  fs::path theirs_ = folder_.parent_path() / "theirs";
};

TEST_F(target_that_extends, has_the_others_files_and_steps_among_its_own) {
  given_file("20_second.sql", "select 'mine'");
  const auto loaded = load();
  ASSERT_TRUE(loaded) << loaded.error().text;
  EXPECT_EQ(loaded->name, "mine");
  EXPECT_EQ(loaded->session.sql, "-- session.sql");
  EXPECT_EQ(loaded->verify.sql, "-- verify.sql");
  EXPECT_THAT(loaded->steps, ElementsAre(Field(&target_file::name, "10_first.sql"),
                                         Field(&target_file::name, "15_between.sql"),
                                         AllOf(Field(&target_file::name, "20_second.sql"),
                                               Field(&target_file::sql, "select 'mine'"))));
}

TEST_F(target_that_extends, has_its_schema_after_the_others) {
  const auto loaded = load();
  ASSERT_TRUE(loaded) << loaded.error().text;
  EXPECT_EQ(loaded->schema.sql, "-- schema.sql\ncreate table mdl_mine");
  std::ofstream{theirs_ / "schema.sql"} << "-- another";
  EXPECT_NE(load()->schema_digest, loaded->schema_digest);
}

TEST_F(target_that_extends, takes_the_sites_prefix_where_a_word_begins_with_its_own) {
  const auto loaded = load_with({{"prefix", "m_"}});
  ASSERT_TRUE(loaded) << loaded.error().text;
  EXPECT_EQ(loaded->steps[1].sql, "select 'm_', amdl_x from m_user, public.m_mdl_x");
  EXPECT_THAT(loaded->schema.sql, HasSubstr("create table m_mine"));
  EXPECT_NE(load()->schema_digest, loaded->schema_digest);
}

TEST_F(target_that_extends, refuses_a_prefix_that_is_no_identifier_and_a_value_it_does_not_know) {
  for (const auto* prefix : {"", "1_", "mdl-", "M_", "m; drop"}) {
    const auto loaded = load_with({{"prefix", prefix}});
    ASSERT_FALSE(loaded) << prefix;
    EXPECT_THAT(loaded.error().text, HasSubstr("\"prefix\" must be small letters"));
  }
  EXPECT_THAT(load_with({{"withdraw", "delete"}}).error().text,
              HasSubstr("\"withdraw\" must be one of: suspend, keep"));
}

TEST_F(target_that_extends, needs_what_it_extends) {
  given_file("target.toml", "extends = \"others\"");
  EXPECT_THAT(problem(), AllOf(HasSubstr("target.toml extends \"others\", and there is no folder"),
                               HasSubstr("session.sql is missing")));
  given_file("target.toml", "extends = \"mine\"");
  EXPECT_THAT(problem(), HasSubstr("extends \"mine\", which extends this one"));
  given_file("target.toml", "extends = \"../mine\"");
  EXPECT_THAT(problem(), HasSubstr("there is no folder"));
}

TEST_F(target_that_extends, is_told_what_is_wrong_with_the_other) {
  std::ofstream{theirs_ / "notes.sql"} << "select 1";
  fs::remove(theirs_ / "differs.sql");
  EXPECT_THAT(problem(),
              AllOf(HasSubstr("differs.sql is missing"), HasSubstr("theirs/notes.sql is neither")));
}

TEST_F(target_that_extends, is_told_what_is_wrong_with_its_target_toml) {
  given_file("target.toml", "extends = theirs");
  EXPECT_THAT(problem(), HasSubstr("target.toml, line 1: not TOML"));
  given_file("target.toml", R"(
extend = "theirs"
table_prefix = "mdl_"
[settings]
withdraw = { default = "drop", one_of = ["suspend", "keep"] }
site = { default = "x" }
lang = {}
)");
  EXPECT_THAT(problem(),
              AllOf(HasSubstr("line 2: unknown key \"extend\" (did you mean \"extends\"?)"),
                    HasSubstr("line 5: the setting \"withdraw\" has a default that it does not take"),
                    HasSubstr("line 6: no setting may be named \"site\""),
                    HasSubstr("line 7: the setting \"lang\" has no default"),
                    HasSubstr("has a table_prefix and no setting prefix")));
}

TEST(target_load, says_where_there_is_no_folder) {
  const auto loaded = target::load("/nonexistent/target");
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().text, HasSubstr("/nonexistent/target"));
}

fs::path repository() { return MATRICULA_SOURCE_DIRECTORY; }

std::string text_of(const fs::path& path) {
  std::ifstream in{path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

TEST(repository_targets, are_complete) {
  for (const auto* name : {"classrooms", "moodle"}) {
    const auto loaded = target::load(repository() / "config" / "targets" / name);
    EXPECT_TRUE(loaded) << loaded.error().text;
  }
}

TEST(repository_targets, try_sql_has_the_programs_staging_tables) {
  EXPECT_THAT(text_of(repository() / "config" / "targets" / "try.sql"),
              HasSubstr(std::string{staging_tables_sql()}));
}

TEST(repository_targets, the_staging_table_has_the_columns_that_are_copied) {
  std::string columns;
  std::istringstream lines{std::string{staging_tables_sql()}};
  for (std::string line; std::getline(lines, line) && line.substr(0, 1) != ")";)
    if (line.substr(0, 2) == "  ")
      columns += (columns.empty() ? "" : ", ") + line.substr(2, line.find(' ', 2) - 2);
  EXPECT_EQ(columns, copy_encoder::columns);
}

}  // namespace
}  // namespace matricula
