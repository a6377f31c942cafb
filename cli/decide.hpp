// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/apply/postgres_session.hpp"
#include "config/references.hpp"

#include <filesystem>
#include <iosfwd>
#include <string>

namespace matricula {

/// Does what somebody has decided of the withdrawals that a site of the topology in `file` holds back: of those from up to
/// `order.until`, so that it is those that he has seen. Prints whom it concerned, and who came later. Answers an exit code:
/// exit_done if there were any, exit_failed if there were none.
int decide_withdrawals(const std::filesystem::path& file, const std::string& site,
                       const postgres_session::decision_order& order, const environment_lookup& environment,
                       std::ostream& out, std::ostream& errors);

}  // namespace matricula
