// SPDX-License-Identifier: Apache-2.0
#include "cli/site_findings.hpp"

#include "actors/apply/postgres_bookkeeping.hpp"
#include "actors/apply/postgres_connection.hpp"
#include "actors/apply/target.hpp"
#include "messages/hashing.hpp"

#include <algorithm>
#include <memory>

namespace matricula {
namespace {

pqxx::result rows_of(pqxx::transaction_base& work, const std::string& verify_sql,
                     const wanted_records& wanted) {
  const auto select =
      "select key, revision, status, content_hash from (\n" + verify_sql + "\n) as held where ";
  if (wanted.key.empty())
    return work.exec_params(select + "person_id = $1 order by key", wanted.person);
  return work.exec_params(select + "key_hash = $1 and key = $2",
                          static_cast<std::int64_t>(key_hash_of(wanted.key)), wanted.key);
}

}  // namespace

std::optional<std::int64_t> site_findings::next_offset(const topic_partition& where) const {
  const auto found = std::find_if(next_offsets.begin(), next_offsets.end(),
                                  [&](const auto& each) { return each.first == where; });
  return found == next_offsets.end() ? std::nullopt : std::optional{found->second};
}

const site_findings::row* site_findings::row_of(std::string_view key) const {
  const auto found =
      std::find_if(rows.begin(), rows.end(), [&](const auto& each) { return each.key == key; });
  return found == rows.end() ? nullptr : &*found;
}

result<site_findings> find_at_site(const site_settings& site, const wanted_records& wanted) {
  const auto loaded = target::load(site.target_directory, site.settings);
  if (!loaded)
    return loaded.error();
  const auto address = postgres_address::read(site.database.reveal(), "matricula where " + site.name);
  if (!address)
    return address.error();

  std::unique_ptr<postgres_connection> connection;
  std::string doing = "connecting";
  try {
    connection = std::make_unique<postgres_connection>(*address);
    set_site_settings(*connection, site);
    pqxx::transaction<pqxx::repeatable_read, pqxx::read_only> work{*connection};
    site_findings found;
    if (!work.exec1("select to_regclass('matricula.target') is not null")[0].as<bool>())
      return found;
    doing = "the schema matricula";
    for (const auto row : work.exec("select topic, partition, next_offset from matricula.positions"))
      found.next_offsets.emplace_back(topic_partition{row[0].as<std::string>(), row[1].as<std::int32_t>()},
                                      row[2].as<std::int64_t>());
    for (const auto row :
         work.exec("select key, value from matricula.outbox where kind = 'quarantine' order by id"))
      found.outbox.push_back({row[0].as<std::string>(), row[1].as<std::string>()});
    doing = loaded->verify.name;
    for (const auto row : rows_of(work, loaded->verify.sql, wanted))
      found.rows.push_back({row[0].as<std::string>(), static_cast<revision_t>(row[1].as<std::int64_t>()),
                            row[2].as<std::string>(), static_cast<std::uint64_t>(row[3].as<std::int64_t>())});
    return found;
  } catch (...) {
    return postgres_failure(connection.get(), address->printable + ", site " + site.name + ", " + doing,
                            error_code::target_broken);
  }
}

}  // namespace matricula
