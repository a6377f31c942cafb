// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/apply/postgres_session.hpp"
#include "config/references.hpp"

#include <filesystem>
#include <iosfwd>
#include <string>

namespace matricula {

/// Approves or rejects the withdrawals that a site of the topology in `file` holds back, of a centre, or of all if it is
/// empty; prints whom it concerns. Answers an exit code: exit_done if there were any, exit_failed if there were none.
int decide_withdrawals(const std::filesystem::path& file, postgres_session::decision what,
                       const std::string& site, const std::string& centre,
                       const environment_lookup& environment, std::ostream& out, std::ostream& errors);

}  // namespace matricula
