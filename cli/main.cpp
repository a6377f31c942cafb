// SPDX-License-Identifier: Apache-2.0
#include "cli/command.hpp"
#include "cli/unknown_command.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <iostream>

namespace {

constexpr auto footer = R"(First steps:
  matricula check config/topologies/demo.toml     is the file right, and what does it promise?
  matricula topics T --create                     make the topics that are missing
  matricula doctor T                              are Kafka, the sources and the sites ready for it?
  matricula plan T                                what would the sites do with the records that come next?
  matricula run T                                 keep the sites in step
  matricula status T                              how far have they come, and what waits for my decision?
  matricula calendar T                            once a day: what the year's turn makes due
  matricula undo T --site S --since TIME          what has a site changed since then, and can it be put back?
  matricula verify T                              do the sites hold what the topics say?
  matricula where T KEY                           why is this pupil not in the classroom?
  matricula quarantine T list                     what could not be used, and why?

matricula COMMAND --help shows a command's options and examples. Exit codes: 0 done; 1 found a difference or failed;
2 wrong usage; 78 bad topology file.)";

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"matricula keeps Aules, the Valencian schools' Moodle sites, in step with ITACA.",
               "matricula"};
  app.require_subcommand(1);
  app.footer(footer);
  int exit_code = matricula::exit_done;
  matricula::add_run_command(app, exit_code);
  matricula::add_check_command(app, exit_code);
  matricula::add_graph_command(app, exit_code);
  matricula::add_doctor_command(app, exit_code);
  matricula::add_topics_command(app, exit_code);
  matricula::add_plan_command(app, exit_code);
  matricula::add_verify_command(app, exit_code);
  matricula::add_status_command(app, exit_code);
  matricula::add_approve_command(app, exit_code);
  matricula::add_reject_command(app, exit_code);
  matricula::add_calendar_command(app, exit_code);
  matricula::add_undo_command(app, exit_code);
  matricula::add_replay_command(app, exit_code);
  matricula::add_quarantine_command(app, exit_code);
  matricula::add_where_command(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool asked_for_help = error.get_exit_code() == 0;
    if (const auto text = matricula::unknown_command(app); !asked_for_help && !text.empty())
      std::cerr << text << "\nRun with --help for more information.\n";
    else
      app.exit(error);
    return asked_for_help ? matricula::exit_done : matricula::exit_wrong_usage;
  }
  return exit_code;
}
