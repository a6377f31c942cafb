// SPDX-License-Identifier: Apache-2.0
#include "cli/site_visit.hpp"

#include "actors/apply/postgres_bookkeeping.hpp"
#include "actors/apply/postgres_connection.hpp"

#include <memory>

namespace matricula {

result<done> visit_site(const site_settings& site, std::string_view command,
                        const std::function<void(const site_visit&)>& look) {
  const auto loaded = target::load(site.target_directory, site.settings);
  if (!loaded)
    return loaded.error();
  const auto address =
      postgres_address::read(site.database.reveal(), "matricula " + std::string{command} + ' ' + site.name);
  if (!address)
    return address.error();

  std::unique_ptr<postgres_connection> connection;
  std::string doing = "connecting";
  try {
    connection = std::make_unique<postgres_connection>(*address);
    set_site_settings(*connection, site);
    doing = "the schema matricula";
    pqxx::transaction<pqxx::repeatable_read, pqxx::read_only> work{*connection};
    look({*loaded, work, doing});
    return done{};
  } catch (...) {
    return postgres_failure(connection.get(), address->printable + ", site " + site.name + ", " + doing,
                            error_code::target_broken);
  }
}

}  // namespace matricula
