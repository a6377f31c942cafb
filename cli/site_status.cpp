// SPDX-License-Identifier: Apache-2.0
#include "cli/site_status.hpp"

#include "actors/apply/postgres_bookkeeping.hpp"
#include "actors/apply/postgres_connection.hpp"
#include "actors/apply/target.hpp"

#include <memory>

namespace matricula {

result<site_status> status_of(const site_settings& site) {
  const auto loaded = target::load(site.target_directory, site.settings);
  if (!loaded)
    return loaded.error();
  const auto address = postgres_address::read(site.database.reveal(), "matricula status " + site.name);
  if (!address)
    return address.error();

  std::unique_ptr<postgres_connection> connection;
  std::string doing = "connecting";
  try {
    connection = std::make_unique<postgres_connection>(*address);
    pqxx::nontransaction{*connection}.exec("set timezone = 'UTC'");
    set_site_settings(*connection, site);
    pqxx::transaction<pqxx::repeatable_read, pqxx::read_only> work{*connection};
    site_status status;
    status.installed = work.exec1("select to_regclass('matricula.target') is not null")[0].as<bool>();
    if (!status.installed)
      return status;
    doing = "the schema matricula";
    for (const auto row : work.exec("select topic, partition, next_offset from matricula.positions"))
      status.next_offsets[{row[0].as<std::string>(), row[1].as<std::int32_t>()}] = row[2].as<std::int64_t>();
    status.outbox = work.exec1("select count(*) from matricula.outbox")[0].as<std::uint64_t>();
    if (!loaded->held.sql.empty() && !is_of_another_version(work, *loaded)) {
      doing = loaded->held.name;
      for (const auto row : work.exec(loaded->held.sql))
        status.withdrawals.push_back(
            {row["centre"].as<std::string>(), row["state"].as<std::string>() == "rejected",
             row["people"].as<std::uint64_t>(), row["enrolments"].as<std::uint64_t>(),
             row["since"].as<std::string>().substr(0, 16)});
    }
    return status;
  } catch (...) {
    return postgres_failure(connection.get(), address->printable + ", site " + site.name + ", " + doing,
                            error_code::target_broken);
  }
}

}  // namespace matricula
