// SPDX-License-Identifier: Apache-2.0
#include "cli/command.hpp"
#include "cli/unknown_command.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace matricula {
namespace {

using ::testing::HasSubstr;

/// The commands that run no actors, as the program has them.
class command_line : public ::testing::Test {
 protected:
  command_line() {
    app_.require_subcommand(1);
    add_check_command(app_, exit_code_);
    add_graph_command(app_, exit_code_);
    add_doctor_command(app_, exit_code_);
    add_topics_command(app_, exit_code_);
    add_plan_command(app_, exit_code_);
    add_verify_command(app_, exit_code_);
    add_status_command(app_, exit_code_);
    add_approve_command(app_, exit_code_);
    add_reject_command(app_, exit_code_);
    add_calendar_command(app_, exit_code_);
    add_undo_command(app_, exit_code_);
    add_quarantine_command(app_, exit_code_);
    add_where_command(app_, exit_code_);
  }

  /// Parses a line that is refused; answers what is said about a command that does not exist.
  std::string refused(const std::vector<std::string>& words) {
    EXPECT_THROW(app_.parse(std::vector<std::string>{words.rbegin(), words.rend()}), CLI::ParseError);
    return unknown_command(app_);
  }

  CLI::App app_{"", "matricula"};
  int exit_code_ = exit_done;
};

TEST_F(command_line, names_an_unknown_command_and_the_nearest) {
  EXPECT_EQ(refused({"chek", "my.toml"}), "there is no command \"chek\"; did you mean \"check\"?");
}

TEST_F(command_line, names_an_unknown_command_of_a_command) {
  EXPECT_EQ(refused({"quarantine", "my.toml", "lst"}), "there is no command \"lst\"; did you mean \"list\"?");
}

TEST_F(command_line, lists_the_commands_where_none_is_near) {
  EXPECT_EQ(refused({"frobnicate"}), "there is no command \"frobnicate\"; one of: check, graph, doctor, "
                                     "topics, plan, verify, status, approve, reject, calendar, undo, "
                                     "quarantine, where");
}

TEST_F(command_line, tells_an_option_from_a_command) {
  EXPECT_EQ(refused({"--site", "check"}), "");
  EXPECT_EQ(refused({"--site", "eso46"}), "there is no option --site before the command");
}

TEST_F(command_line, says_nothing_of_a_command_where_that_is_not_what_is_wrong) {
  EXPECT_EQ(refused({}), "");
  EXPECT_EQ(refused({"check"}), "");
  EXPECT_EQ(refused({"check", "my.toml", "more"}), "");
  EXPECT_EQ(refused({"--help"}), "");
}

TEST_F(command_line, takes_no_wait_that_is_not_a_duration) {
  for (const auto* command : {"topics", "verify"})
    try {
      app_.parse(std::string{command} + " my.toml --wait 30");
      ADD_FAILURE() << command;
    } catch (const CLI::ParseError& error) {
      EXPECT_THAT(error.what(), HasSubstr("not a duration such as 500ms, 30s or 2m: 30"));
    }
}

TEST_F(command_line, decides_on_nothing_without_a_time_by_which_it_was_seen) {
  for (const std::string command : {"approve", "reject"}) {
    const auto why_not = [&](const std::string& more) -> std::string {
      try {
        app_.parse(command + " /nowhere.toml --site eso46 --all" + more);
        return "";
      } catch (const CLI::ParseError& error) {
        return error.what();
      }
    };
    EXPECT_THAT(why_not(""), HasSubstr("--until is required"));
    EXPECT_THAT(why_not(" --until yesterday"),
                HasSubstr("not a time such as 2026-11-24T09:14:33Z: yesterday"));
    EXPECT_EQ(why_not(" --until 2026-11-24T09:14:33.123456Z"), "");
    EXPECT_EQ(exit_code_, exit_bad_configuration);
  }
}

TEST_F(command_line, approves_of_no_deletion_without_a_site_a_year_and_a_number) {
  for (const auto* line : {"calendar my.toml --site eso46 --approve-deletion",
                           "calendar my.toml --site eso46 --approve-deletion 2025",
                           "calendar my.toml --site eso46 --classrooms 1100",
                           "calendar my.toml --approve-deletion 2025 --classrooms 1100",
                           "calendar my.toml --site eso46 --approve-deletion all --classrooms 1100"})
    EXPECT_THROW(app_.parse(line), CLI::ParseError) << line;
  app_.parse("calendar /nowhere.toml --site eso46 --approve-deletion 2025 --classrooms 1100");
  EXPECT_EQ(exit_code_, exit_bad_configuration);
}

TEST_F(command_line, undoes_nothing_without_a_site_and_a_time) {
  for (const auto* line : {"undo my.toml --site eso46", "undo my.toml --since 2026-09-09T08:00",
                           "undo my.toml --site eso46 --since yesterday"})
    EXPECT_THROW(app_.parse(line), CLI::ParseError) << line;
  app_.parse("undo /nowhere.toml --site eso46 --since 2026-09-09T08:00 --yes");
  EXPECT_EQ(exit_code_, exit_bad_configuration);
}

TEST_F(command_line, takes_entries_to_retry_by_their_keys) {
  app_.parse("quarantine /nowhere.toml retry source/itaca/1 source/itaca/2");
  EXPECT_EQ(exit_code_, exit_bad_configuration);
}

TEST_F(command_line, retries_nothing_without_being_told_what) {
  app_.parse("quarantine /nowhere.toml retry");
  EXPECT_EQ(exit_code_, exit_wrong_usage);
}

TEST_F(command_line, takes_what_entries_to_retry_have_in_common) {
  app_.parse("quarantine /nowhere.toml retry --site eso46 --source itaca --reason row_refused "
             "--since 2026-09-09T08:00 --until 2026-09-10T08:00 --key 2026/46012345/ --wait 1s");
  EXPECT_EQ(exit_code_, exit_bad_configuration);
}

TEST_F(command_line, has_no_example_or_explanation_that_is_wider_than_120_characters) {
  const auto all = [](const CLI::App*) { return true; };
  auto commands = app_.get_subcommands(all);
  for (auto* const inner : app_.get_subcommand("quarantine")->get_subcommands(all))
    commands.push_back(inner);
  for (const auto* const command : commands) {
    std::istringstream lines{command->get_footer()};
    for (std::string line; std::getline(lines, line);)
      EXPECT_LE(line.size(), 120U) << command->get_name() << ": " << line;
  }
}

}  // namespace
}  // namespace matricula
