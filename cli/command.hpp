// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace matricula {

/// What the program answers to whoever started it.
enum exit_codes : int {
  exit_done = 0,
  exit_failed = 1,             ///< it found a difference, or could not do its work
  exit_wrong_usage = 2,        ///< the command line makes no sense
  exit_bad_configuration = 78  ///< the topology file, as EX_CONFIG of sysexits.h
};

// Each adds one command to `app`, in a file of its own. The command runs while the command line is parsed and
// leaves its answer in `exit_code`, which must outlive `app`. An error of usage is thrown as CLI::ParseError
// by CLI11.
void add_run_command(CLI::App& app, int& exit_code);
void add_check_command(CLI::App& app, int& exit_code);
void add_graph_command(CLI::App& app, int& exit_code);
void add_doctor_command(CLI::App& app, int& exit_code);
void add_plan_command(CLI::App& app, int& exit_code);
void add_topics_command(CLI::App& app, int& exit_code);
void add_verify_command(CLI::App& app, int& exit_code);
void add_status_command(CLI::App& app, int& exit_code);
void add_approve_command(CLI::App& app, int& exit_code);
void add_reject_command(CLI::App& app, int& exit_code);
void add_calendar_command(CLI::App& app, int& exit_code);
void add_undo_command(CLI::App& app, int& exit_code);
void add_replay_command(CLI::App& app, int& exit_code);
void add_quarantine_command(CLI::App& app, int& exit_code);
void add_where_command(CLI::App& app, int& exit_code);

}  // namespace matricula
