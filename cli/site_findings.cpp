// SPDX-License-Identifier: Apache-2.0
#include "cli/site_findings.hpp"

#include "actors/apply/postgres_bookkeeping.hpp"
#include "cli/site_visit.hpp"
#include "messages/hashing.hpp"

#include <algorithm>

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
  const auto found = next_offsets.find(where);
  return found == next_offsets.end() ? std::nullopt : std::optional{found->second};
}

const site_findings::row* site_findings::row_of(std::string_view key) const {
  const auto found =
      std::find_if(rows.begin(), rows.end(), [&](const auto& each) { return each.key == key; });
  return found == rows.end() ? nullptr : &*found;
}

result<site_findings> find_at_site(const site_settings& site, const wanted_records& wanted) {
  site_findings found;
  const auto visited = visit_site(site, "where", [&](const site_visit& visit) {
    auto& work = visit.work;
    if (!is_installed(work))
      return;
    found.next_offsets = read_offsets(work);
    for (const auto row :
         work.exec("select key, value from matricula.outbox where kind = 'quarantine' order by id"))
      found.outbox.push_back({row[0].as<std::string>(), row[1].as<std::string>()});
    visit.doing = visit.target.verify.name;
    for (const auto row : rows_of(work, visit.target.verify.sql, wanted))
      found.rows.push_back({row[0].as<std::string>(), static_cast<revision_t>(row[1].as<std::int64_t>()),
                            row[2].as<std::string>(), static_cast<std::uint64_t>(row[3].as<std::int64_t>())});
  });
  if (!visited)
    return visited.error();
  return found;
}

}  // namespace matricula
