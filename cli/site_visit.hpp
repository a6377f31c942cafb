// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/apply/target.hpp"
#include "config/topology.hpp"
#include "messages/errors.hpp"

#include <pqxx/pqxx>

#include <functional>
#include <string>
#include <string_view>

namespace matricula {

/// A look into a site's database as of one moment, by a transaction that writes nothing.
struct site_visit {
  const matricula::target& target;
  pqxx::transaction_base& work;
  std::string& doing;  ///< what is under way, for an error's text
};

/// Opens a site for a command of this name, and looks. Blocking. Errors: database_unavailable, database_refuses,
/// target_broken, also for whatever `look` throws.
result<done> visit_site(const site_settings& site, std::string_view command,
                        const std::function<void(const site_visit&)>& look);

}  // namespace matricula
