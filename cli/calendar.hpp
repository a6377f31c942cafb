// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/apply/postgres_session.hpp"
#include "config/references.hpp"

#include <filesystem>
#include <iosfwd>
#include <string>

namespace matricula {

/// Does what the calendar of the topology in `file` makes due at each of its sites (`site`: only at this one), and prints
/// how much it was. Answers an exit code: exit_done if every site answered, whether or not anything was due.
int keep_calendar(const std::filesystem::path& file, const std::string& site,
                  const postgres_session::calendar_order& order, const environment_lookup& environment,
                  std::ostream& out, std::ostream& errors);

}  // namespace matricula
