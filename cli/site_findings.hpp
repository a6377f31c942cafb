// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/topology.hpp"
#include "messages/errors.hpp"
#include "messages/site_batch.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace matricula {

/// One key, or all keys of a person.
struct wanted_records {
  std::string key;
  std::string person;  ///< taken if the key is empty
};

/// What a site's database knows of them.
struct site_findings {
  /// The site's row of a key.
  struct row {
    std::string key;
    revision_t revision = 0;
    std::string status;
    std::uint64_t content_hash = 0;  ///< of the record's JSON
  };
  /// An entry for the quarantine topic that the site has not handed over yet.
  struct entry {
    std::string key, value;
  };

  partition_offsets next_offsets;  ///< none: no applier has opened it yet
  std::vector<row> rows;
  std::vector<entry> outbox;

  std::optional<std::int64_t> next_offset(const topic_partition& where) const;
  const row* row_of(std::string_view key) const;
};

/// Looks them up in the rows of the target's verify.sql, as of one moment. Blocking. Errors: database_unavailable,
/// database_refuses, target_broken.
result<site_findings> find_at_site(const site_settings& site, const wanted_records& wanted);

}  // namespace matricula
