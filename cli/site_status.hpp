// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/topology.hpp"
#include "messages/errors.hpp"
#include "messages/site_batch.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace matricula {

/// Where a site stands, as its database tells.
struct site_status {
  /// Withdrawals that the target holds back, of one centre.
  struct held {
    std::string centre;
    std::string state;  ///< why: "held", "rejected", "blackout", "kept"; in words: told_of
    std::uint64_t people = 0, enrolments = 0;
    std::string since;  ///< UTC: when the first of them was held back, or rejected
    std::string
        until;  ///< UTC, to the microsecond: when the last was; who is so later has not been seen here
  };

  bool installed = false;  ///< an applier has opened the database
  partition_offsets next_offsets;
  std::uint64_t outbox = 0;  ///< entries that the reporter has not taken to Kafka yet
  std::vector<held> withdrawals;
};

/// Blocking; changes nothing. Errors: database_unavailable, database_refuses, target_broken.
result<site_status> status_of(const site_settings& site);

}  // namespace matricula
