// SPDX-License-Identifier: Apache-2.0
#include "cli/check.hpp"
#include "cli/command.hpp"
#include "cli/graph.hpp"
#include "given_file.hpp"

#include <CLI/CLI.hpp>
#include <gmock/gmock.h>

#include <sstream>

namespace matricula::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class commands : public given_file {
 protected:
  /// Runs `check` on it.
  int check() {
    write();
    return check_topology(file(), environment(), out_, errors_);
  }

  int graph(const std::string& format) {
    write();
    return graph_topology(file(), format, environment(), out_, errors_);
  }

  /// Parses a command line as the program does.
  int run(const std::vector<std::string>& arguments) {
    CLI::App app{"", "matricula"};
    int exit_code = exit_done;
    add_check_command(app, exit_code);
    add_graph_command(app, exit_code);
    try {
      app.parse(std::vector<std::string>{arguments.rbegin(), arguments.rend()});
    } catch (const CLI::ParseError& error) {
      return error.get_exit_code() == 0 ? exit_done : exit_wrong_usage;
    }
    return exit_code;
  }

  std::ostringstream out_, errors_;
};

TEST_F(commands, check_prints_the_guarantees_of_a_good_file) {
  EXPECT_EQ(check(), 0);
  EXPECT_EQ(errors_.str(), "");
  EXPECT_THAT(out_.str(),
              HasSubstr("pipeline demo, school year 2026: 1 source, 2 lanes, 2 sites, 1 node. No problems."));
  EXPECT_THAT(out_.str(),
              HasSubstr("\nsource:itaca -> ESO-46, FP-46, matricula.cursors\n    exactly once: "));
}

TEST_F(commands, check_prints_every_problem_of_a_bad_file) {
  replace("partitions = 2", "partitions = 0");
  replace("[limits]", "[limit]");
  EXPECT_EQ(check(), 78);
  EXPECT_EQ(out_.str(), "");
  EXPECT_EQ(errors_.str(),
            file().string() +
                ":8:14: \"partitions\" of [kafka] is out of range: 0\n    instead: from 1 to 1000\n" +
                file().string() +
                ":48:2: unknown table \"limit\"\n    instead: did you mean \"limits\"?\n"
                "2 problems; nothing was started\n");
}

TEST_F(commands, graph_draws_in_the_format_asked_for) {
  EXPECT_EQ(graph("dot"), 0);
  EXPECT_THAT(out_.str(), StartsWith("digraph \"demo\" {"));
  out_.str({});
  EXPECT_EQ(graph("mermaid"), 0);
  EXPECT_THAT(out_.str(), StartsWith("flowchart LR"));
}

TEST_F(commands, graph_draws_no_bad_file) {
  replace("partitions = 2", "partitions = 0");
  EXPECT_EQ(graph("dot"), 78);
  EXPECT_EQ(out_.str(), "");
  EXPECT_THAT(errors_.str(), HasSubstr("out of range"));
}

TEST_F(commands, end_with_2_when_used_wrongly_and_78_when_the_file_is_not_there) {
  EXPECT_EQ(run({"check"}), 2);
  EXPECT_EQ(run({"graph", "x.toml", "--format", "png"}), 2);
  EXPECT_EQ(run({"check", (root_ / "nowhere.toml").string()}), 78);
  EXPECT_EQ(run({"graph", (root_ / "nowhere.toml").string()}), 78);
}

}  // namespace
}  // namespace matricula::testing
