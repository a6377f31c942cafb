// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/quarantine.hpp"
#include "cli/quarantine_entry.hpp"
#include "config/topology.hpp"
#include "messages/errors.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace matricula {

/// The quarantine topic of a topology file, read to its end; what hinders that has been said.
struct quarantine_reading {
  topology all;
  newest_entries entries;

  /// Answers an exit code.
  int read(const quarantine_access& to);

  /// Says why, and answers exit_failed.
  static int fail(const quarantine_access& to, const failure& why);
};

/// Whether a retry was asked of a source that the topology does not have any more: nobody does it.
bool is_orphaned(const entry_retry& retry, const topology& all);

/// "1 entry", "2 entries".
std::string counted_entries(std::size_t count);

/// What to say of a key without an entry.
std::string no_entry(const std::string& key);

/// Entries that somebody has chosen.
struct chosen_entries {
  int code = 0;  ///< exit_done, or what to end with: then it has been said why
  std::vector<const newest_entries::held*> entries;  ///< in the order of list
};

/// The entries of these keys, or, where there are none, those that the filter takes. All of the keys must have an entry,
/// or none is chosen; `undone` ("nothing is retried") is for the message.
chosen_entries choose_entries(const quarantine_access& to, const quarantine_reading& reading,
                              const std::vector<std::string>& keys, const quarantine_filter& filter,
                              const std::string& undone);

/// Whether the keys or the filter say anything, and not both; if not, it has been said how to.
bool is_choice(const quarantine_access& to, const std::vector<std::string>& keys,
               const quarantine_filter& filter, const std::string& command);

/// Whether the topology or an entry knows the filter's site and source; if not, it has been said.
bool are_known(const quarantine_access& to, const quarantine_reading& reading,
               const quarantine_filter& filter);

}  // namespace matricula
