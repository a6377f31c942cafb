// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/references.hpp"
#include "config/topology.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <string>

namespace matricula {

/// How `matricula plan` is to go about it.
struct plan_options {
  std::string site;                        ///< only this one; empty: all
  std::uint64_t records_max = 100'000;     ///< of a site's topics, from where it stands
  std::size_t examples_max = 3;            ///< ids printed on each line
  std::chrono::milliseconds wait{30'000};  ///< for Kafka to answer
  std::size_t batch_records = 2'500;       ///< tried at once, so that nobody waits long for what that locks
  /// Tried in one transaction of the database's, which keeps rows from being tidied away as long as it goes on.
  std::size_t batches_together = 20;
};

/// Tries the next records that each site of the topology in `file` has still to read, batch by batch, in transactions that
/// are taken back, and prints what they would have done: counts, and ids; each key counts once. Writes nothing. Answers an
/// exit code: exit_done if every site answered, whatever it would do.
int plan_sites(const std::filesystem::path& file, const plan_options& options,
               const environment_lookup& environment, std::ostream& out, std::ostream& errors);

/// For sites that were never started: prints the plan of each, and asks whether to start it. Answers whether all may be
/// started: nobody has said no, and each has answered. A site that was started before is not asked about.
bool may_start(const topology& all, const plan_options& options, std::istream& in, std::ostream& out,
               std::ostream& errors);

}  // namespace matricula
