// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deployment.hpp"

#include <cstdint>
#include <string>

namespace matricula::faults {

/// What a run has come to. Every number but `records` and `repeated` is to be 0.
struct verdict {
  std::uint64_t records = 0;  ///< messages committed to the lanes' topics
  std::uint64_t lost =
      0;  ///< keys of the truth that a site lacks or has otherwise, or has and the truth has not
  /// Writes of a row's revision beyond the first; messages with a revision that another has.
  std::uint64_t twice = 0;
  /// Writes of a row that took it back to an older revision, and rows deleted; messages behind a newer one of their key.
  std::uint64_t out_of_order = 0;
  double back_s = 0;              ///< how long a row stood at an older revision, or was gone, at most
  std::uint64_t unseen = 0;       ///< keys whose newest message the site does not show
  std::uint64_t quarantined = 0;  ///< entries too many, written twice, of the wrong reason, or missing
  std::uint64_t repeated =
      0;                ///< messages whose content was their key's already; may be right, not in clean()
  std::string example;  ///< keys of the first of each

  bool clean() const { return lost + twice + out_of_order + unseen + quarantined == 0; }
};

/// Compares the simulator's truth, the topics and the sites, by SQL and a consumer of its own, reads the audit trail of
/// each site, and holds the quarantine against the bad records that the simulator has sent.
verdict judge(const deployment& what);

/// Whether every site has the content that the truth has.
bool sites_are_as_the_truth(const deployment& what);

}  // namespace matricula::faults
