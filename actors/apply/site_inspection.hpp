// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/topology.hpp"
#include "messages/errors.hpp"

#include <string>
#include <vector>

namespace matricula {

/// One thing that was looked at, and what to do about it.
struct finding {
  enum class grade {
    fine,
    late,  ///< all will arrive; something of it later than it could, or somebody should have a look
    wrong  ///< until it is mended, records do not arrive, or nobody sees them
  };

  grade how = grade::fine;
  std::string what;
  std::string mend;  ///< a sentence or a command; empty: nothing
};

/// Opens a site as an applier does, up to its first batch: connects, installs what is missing, runs session.sql and
/// prepares every statement; then asks the target's doctor.sql, if it has one. All of it in one transaction that is
/// taken back. Blocking. Errors: database_unavailable, database_refuses, database_conflict, target_broken.
result<std::vector<finding>> inspect_site(const site_settings& site);

}  // namespace matricula
