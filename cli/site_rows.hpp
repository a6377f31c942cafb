// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/topology.hpp"
#include "messages/enrolment.hpp"
#include "messages/errors.hpp"
#include "messages/page.hpp"

#include <functional>
#include <string_view>

namespace matricula {

/// A row of a site: the record that the site holds. The views live until the callback returns.
struct site_row {
  std::string_view key;
  revision_t revision = 0;
  enrolment record;  ///< without the two arrays' JSON
  /// Why somebody whom the record withdraws has not left: as in `site_status::held`. Empty: there is no such thing.
  std::string_view held;
};

/// Hands out every row of the target's verify.sql, in its order, as of one moment; a few thousand at a time
/// are in memory. A database that no applier has opened yet has no rows. Blocking. Errors:
/// database_unavailable, database_refuses, target_broken (verify.sql fails, or a row of it
/// cannot be read).
result<done> read_site_rows(const site_settings& site, const std::function<void(const site_row&)>& each);

}  // namespace matricula
