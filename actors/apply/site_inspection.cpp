// SPDX-License-Identifier: Apache-2.0
#include "actors/apply/site_inspection.hpp"

#include "actors/apply/postgres_bookkeeping.hpp"
#include "actors/apply/postgres_connection.hpp"
#include "actors/apply/target.hpp"

#include <memory>
#include <pqxx/pqxx>
#include <stdexcept>

namespace matricula {
namespace {

finding::grade grade_of(const std::string& text) {
  if (text == "fine")
    return finding::grade::fine;
  if (text == "late")
    return finding::grade::late;
  if (text == "wrong")
    return finding::grade::wrong;
  throw std::runtime_error{"a grade is fine, late or wrong"};
}

/// Prepares what a batch would run; answers how many statements.
std::size_t prepare_all(pqxx::connection_base& connection, const target& target, std::string& doing) {
  std::size_t count = 0;
  const auto prepare = [&](const target_file& file) {
    doing = file.name;
    connection.prepare(file.name, file.sql);
    connection.prepare_now(file.name);
    ++count;
  };
  prepare(target.differs);
  for (const auto& step : target.steps)
    prepare(step);
  prepare(target.outcomes);
  return count;
}

}  // namespace

result<std::vector<finding>> inspect_site(const site_settings& site) {
  const auto loaded = target::load(site.target_directory, site.settings);
  if (!loaded)
    return loaded.error();
  const auto address = postgres_address::read(site.database.reveal(), "matricula doctor " + site.name);
  if (!address)
    return address.error();

  std::unique_ptr<postgres_connection> connection;
  std::string doing = "connecting";
  try {
    connection = std::make_unique<postgres_connection>(*address);
    pqxx::nontransaction{*connection}.exec(std::string{session_settings_sql()});
    set_site_settings(*connection, site);
    pqxx::work work{*connection};  // never committed
    const bool installed = !install_schemas_in(work, *loaded, doing);
    doing = "the schema matricula";
    work.exec("select topic, partition, next_offset, revision from matricula.positions limit 0");
    work.exec("select id, kind, key, value, at from matricula.outbox limit 0");
    doing = "the staging table";
    work.exec(std::string{staging_tables_sql()});
    doing = loaded->session.name;
    work.exec(loaded->session.sql);
    const auto statements = prepare_all(*connection, *loaded, doing);

    std::vector<finding> found;
    found.push_back({finding::grade::fine,
                     address->printable + " takes the " + std::to_string(statements) +
                         " statements of the target " + loaded->name +
                         (installed ? "" : ", whose own tables the first start will make"),
                     {}});
    if (!loaded->doctor.sql.empty()) {
      doing = loaded->doctor.name;
      for (const auto row : work.exec(loaded->doctor.sql))
        found.push_back({grade_of(row["grade"].as<std::string>()), row["what"].as<std::string>(),
                         row["mend"].as<std::string>("")});
    }
    return found;
  } catch (...) {
    return postgres_failure(connection.get(), address->printable + ", site " + site.name + ", " + doing,
                            error_code::target_broken);
  }
}

}  // namespace matricula
