// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fault_run.hpp"

#include <string>
#include <vector>

namespace matricula::faults {

/// What a cell needs to stand on. Cells of one kind share their services.
enum class ground {
  one_broker,
  three_brokers,
  hosts_apart,  ///< one broker; matricula is on a host of its own (network.hpp), if root runs this
};

/// A row of the matrix.
struct cell {
  std::string name;
  std::string what;  ///< is done, for --help and the report
  ground on = ground::one_broker;
  /// Does it: starts the processes, loads, strikes, and says when work has to go on.
  void (*strike)(fault_run&) = nullptr;
  double resumes_within_s = 0;  ///< after it, at best always; 0: that says nothing here
  bool only_by_name = false;    ///< no part of a round
  bool may_repeat = false;      ///< a record may be published though its lane has had that content
  const char* limits = "";      ///< lines of [limits]
  std::uint32_t page_records_max = wishes{}.page_records_max;  ///< of the source
  std::uint64_t outage_s = run_extent{}.outage_s;  ///< how long something is gone, unless --outage says it
};

const std::vector<cell>& cells();

}  // namespace matricula::faults
