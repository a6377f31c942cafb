// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/quarantine.hpp"
#include "cli/quarantine_entry.hpp"
#include "config/topology.hpp"
#include "messages/retry_note.hpp"

#include <optional>
#include <string>
#include <vector>

namespace matricula {

/// What to write so that an entry's record is put through the pipeline again, or why that cannot be.
struct retry_request {
  std::optional<retry_note> note;
  std::string why_not;  ///< and what to do instead; ids only
};

/// The request for an entry. A site's goes to the source that feeds the lane that the record came from.
retry_request retry_request_of(const newest_entries::held& entry, const topology& all);

/// Asks for the retry of the entries of these keys, or of those that the filter takes; one of the two is empty. An
/// entry whose retry was asked for before stays as it is, unless that was of a source that is gone. All of the keys must have an entry, or nothing is written.
/// Answers an exit code: exit_failed also if one of the entries cannot be retried.
int retry_quarantined(const quarantine_access& to, const std::vector<std::string>& keys,
                      const quarantine_filter& filter);

}  // namespace matricula
