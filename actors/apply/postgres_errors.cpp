// SPDX-License-Identifier: Apache-2.0
#include "actors/apply/postgres_errors.hpp"

namespace matricula {
namespace {

struct sqlstate_entry {
  std::string_view prefix;  // of the five characters; the first entry that fits decides
  error_code code;
};

// PostgreSQL 15 manual, appendix A "PostgreSQL Error Codes".
constexpr sqlstate_entry sqlstate_entries[] = {
    {"08", error_code::database_unavailable},     // connection exceptions
    {"57P", error_code::database_unavailable},    // admin_shutdown, crash_shutdown, cannot_connect_now,
                                                  // database_dropped
    {"57014", error_code::database_refuses},      // query_canceled: statement_timeout
    {"57", error_code::database_refuses},         // other operator intervention
    {"25P03", error_code::database_unavailable},  // idle_in_transaction_session_timeout ends the session
    {"25006", error_code::database_refuses},      // read_only_sql_transaction
    {"53", error_code::database_refuses},         // disk_full, out_of_memory, too_many_connections
    {"54", error_code::row_refused},           // program_limit_exceeded: such as a key too long for its index
    {"58", error_code::database_refuses},      // system_error: io_error
    {"40001", error_code::database_conflict},  // serialization_failure
    {"40P01", error_code::database_conflict},  // deadlock_detected
    {"55P03", error_code::database_conflict},  // lock_not_available: lock_timeout
    {"22", error_code::row_refused},           // data exceptions
    {"23", error_code::row_refused},           // integrity constraint violations
    {"28", error_code::database_refuses},      // the role or its password is not accepted
    {"3D000", error_code::database_refuses},   // there is no such database
};

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

/// These messages quote the values that they are about.
bool quotes_values(std::string_view sqlstate) {
  return starts_with(sqlstate, "22") || starts_with(sqlstate, "P0") || starts_with(sqlstate, "54");
}

}  // namespace

error_code code_of_sqlstate(std::string_view sqlstate) noexcept {
  if (sqlstate.empty())
    return error_code::database_unavailable;
  for (const auto& entry : sqlstate_entries)
    if (starts_with(sqlstate, entry.prefix))
      return entry.code;
  return error_code::target_broken;  // class 42 and whatever else a statement can do wrong
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
  case error_code::database_unavailable:
    return "Check that the server runs and can be reached; it is tried again.";
  case error_code::database_conflict:
    return "Another session was in the way; it is tried again.";
  case error_code::database_refuses:
    return "Look at the server's log, disk, memory and settings; it is tried again.";
  case error_code::row_refused:
    return "The record goes to quarantine.";
  case error_code::target_broken:
    return "Correct the target's SQL (docs/targets.md) or the role's privileges, then restart the site.";
  default:
    return "";
  }
}

}  // namespace matricula
