// SPDX-License-Identifier: Apache-2.0
#include "actors/apply/postgres_errors.hpp"

#include <algorithm>
#include <iterator>

namespace matricula {
namespace {

using enum error_code;

// Each class with its name in the manual, then the states that are met otherwise. The question is always what
// makes the same batch go through: time (database_unavailable, database_refuses), the other session's end
// (database_conflict), leaving one record out (row_refused), or a person (target_broken). A class that fits none
// of the others for certain is the person's: the site then waits, and nothing is quarantined for nothing.
constexpr sqlstate_rule rules[] = {
    {"00", target_broken},         // Successful Completion; no error, unless a target raises it
    {"01", target_broken},         // Warning
    {"02", target_broken},         // No Data
    {"03", target_broken},         // SQL Statement Not Yet Complete
    {"08", database_unavailable},  // Connection Exception; 08007: did the commit happen? The offset tells
    {"09", target_broken},         // Triggered Action Exception
    {"0A", target_broken},         // Feature Not Supported; a table under a prepared statement was altered
    {"0B", target_broken},         // Invalid Transaction Initiation
    {"0F", target_broken},         // Locator Exception
    {"0L", target_broken},         // Invalid Grantor
    {"0P", target_broken},         // Invalid Role Specification
    {"0Z", target_broken},         // Diagnostics Exception
    {"20", row_refused},           // Case Not Found: PL/pgSQL's CASE has no branch for a value
    {"21", row_refused},           // Cardinality Violation: two rows of a batch, or of a look-up, for one
    {"22", row_refused},           // Data Exception
    {"23", row_refused},           // Integrity Constraint Violation; 23505 of a race is gone at the next try
    {"24", target_broken},         // Invalid Cursor State
    {"25", target_broken},         // Invalid Transaction State
    {"25006", database_refuses},   // read_only_sql_transaction: a standby, or a server set so for a while
    {"25P03", database_unavailable},  // idle_in_transaction_session_timeout: ends the session
    {"25P04", database_unavailable},  // transaction_timeout, since PostgreSQL 17: likewise
    {"26", target_broken},            // Invalid SQL Statement Name; a pooler gave us another session
    {"27", target_broken},            // Triggered Data Change Violation
    {"28", database_refuses},         // Invalid Authorization Specification: a role being made anew
    {"2B", target_broken},            // Dependent Privilege Descriptors Still Exist
    {"2D", target_broken},            // Invalid Transaction Termination
    {"2F", target_broken},            // SQL Routine Exception
    {"34", target_broken},            // Invalid Cursor Name
    {"38", target_broken},            // External Routine Exception
    {"39", target_broken},            // External Routine Invocation Exception
    {"3B", target_broken},            // Savepoint Exception
    {"3D", database_refuses},         // Invalid Catalog Name: a database being made anew
    {"3F", target_broken},            // Invalid Schema Name
    {"40", database_conflict},        // Transaction Rollback: serialization_failure, deadlock_detected
    {"40002", row_refused},           // transaction_integrity_constraint_violation: as class 23
    {"40003", database_unavailable},  // statement_completion_unknown: the offset tells
    {"42", target_broken},            // Syntax Error or Access Rule Violation
    {"44", row_refused},              // WITH CHECK OPTION Violation: the view does not take the row
    {"53", database_refuses},         // Insufficient Resources: disk, memory, connections
    {"54", row_refused},              // Program Limit Exceeded: a key too long for its index, JSON too deep
    {"54011", target_broken},         // too_many_columns
    {"54023", target_broken},         // too_many_arguments
    {"55", database_refuses},         // Object Not In Prerequisite State: takes no connections, is in use
    {"55P02", target_broken},         // cant_change_runtime_param
    {"55P03", database_conflict},     // lock_not_available: lock_timeout
    {"55P04", target_broken},         // unsafe_new_enum_value_usage
    {"57", database_refuses},         // Operator Intervention; 57014 is statement_timeout too
    {"57P01", database_unavailable},  // admin_shutdown
    {"57P02", database_unavailable},  // crash_shutdown
    {"57P03", database_unavailable},  // cannot_connect_now
    {"57P04", database_unavailable},  // database_dropped
    {"57P05", database_unavailable},  // idle_session_timeout
    {"58", database_refuses},         // System Error: io_error, undefined_file
    {"72", database_conflict},        // Snapshot Failure: snapshot_too_old
    {"F0", database_refuses},         // Configuration File Error
    {"HV", target_broken},            // Foreign Data Wrapper Error
    {"HV001", database_refuses},      // fdw_out_of_memory
    {"HV00N", database_refuses},      // fdw_unable_to_establish_connection
    {"P0", row_refused},              // PL/pgSQL Error: raise exception, no_data_found, too_many_rows
    {"P0000", target_broken},         // plpgsql_error
    {"P0004", target_broken},         // assert_failure
    {"XX", database_refuses},         // Internal Error: data_corrupted, index_corrupted; see the server's log
};

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

/// These messages quote the values that they are about, or are a target's own.
bool quotes_values(std::string_view sqlstate) {
  constexpr std::string_view quoting[] = {"20", "21", "22", "54", "P0"};
  return std::find(std::begin(quoting), std::end(quoting), sqlstate.substr(0, 2)) != std::end(quoting);
}

}  // namespace

std::span<const sqlstate_rule> sqlstate_rules() noexcept { return rules; }

error_code code_of_sqlstate(std::string_view sqlstate) noexcept {
  if (sqlstate.empty())
    return database_unavailable;
  auto code = target_broken;
  for (const auto& rule : rules) {
    if (rule.state == sqlstate)
      return rule.code;
    if (rule.state == sqlstate.substr(0, 2))
      code = rule.code;
  }
  return code;
}

std::string printable_message(std::string_view sqlstate, std::string_view message) {
  auto line = message.substr(0, message.find('\n'));
  constexpr std::string_view severities[] = {"ERROR:  ", "FATAL:  ", "PANIC:  "};
  for (const auto severity : severities)
    if (starts_with(line, severity))
      line.remove_prefix(severity.size());
  if (quotes_values(sqlstate))
    line = line.substr(0, line.find_first_of(":\""));
  while (!line.empty() && line.back() == ' ')
    line.remove_suffix(1);
  return std::string{line};
}

std::string_view advice_for(error_code code) noexcept {
  switch (code) {
  case database_unavailable:
    return "Check that the server runs and can be reached; it is tried again.";
  case database_conflict:
    return "Another session was in the way; it is tried again.";
  case database_refuses:
    return "Look at the server's log, disk, memory and settings; it is tried again.";
  case row_refused:
    return "The record goes to quarantine.";
  case target_broken:
    return "Correct the target's SQL (docs/targets.md) or the role's privileges; it is read and tried again.";
  default:
    return "";
  }
}

}  // namespace matricula
