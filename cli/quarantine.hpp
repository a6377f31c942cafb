// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/quarantine_entry.hpp"
#include "config/references.hpp"

#include <chrono>
#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

namespace matricula {

/// What the commands on the quarantine topic share: where it is, how long to wait for Kafka, who listens.
struct quarantine_access {
  std::filesystem::path file;
  environment_lookup environment;
  std::chrono::milliseconds wait{30'000};
  std::ostream& out;
  std::ostream& errors;
};

// Each answers an exit code: exit_failed if Kafka does not answer, or if a key has no entry.

/// Prints a line per entry, and counts by reason. Ids only.
int list_quarantine(const quarantine_access& to, const quarantine_filter& filter);

/// Prints these entries, or those that the filter takes, each as JSON. All of the keys must have an entry, or nothing is
/// printed.
int show_quarantined(const quarantine_access& to, const std::vector<std::string>& keys,
                     const quarantine_filter& filter, bool with_personal_data);

/// Notes in these entries, or in those that the filter takes, that they are dropped, when and why. All of the keys must
/// have an entry, or nothing is written; one that is dropped already stays as it is.
int drop_quarantined(const quarantine_access& to, const std::vector<std::string>& keys,
                     const quarantine_filter& filter, const std::string& why);

}  // namespace matricula
