// SPDX-License-Identifier: Apache-2.0
#include "cli/site_status.hpp"

#include "actors/apply/postgres_bookkeeping.hpp"
#include "cli/site_visit.hpp"

namespace matricula {
namespace {

/// What held.sql answers, with times as people read them, and as a command line takes them.
std::string told(const std::string& held_sql) {
  return "select centre, state, people, enrolments, "
         "to_char(since at time zone 'UTC', 'YYYY-MM-DD HH24:MI') as since, "
         "to_char(until at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') as until from (\n" +
         held_sql + "\n) as held order by centre, state";
}

}  // namespace

result<site_status> status_of(const site_settings& site) {
  site_status status;
  const auto visited = visit_site(site, "status", [&](const site_visit& visit) {
    auto& work = visit.work;
    status.installed = is_installed(work);
    if (!status.installed)
      return;
    status.next_offsets = read_offsets(work);
    status.outbox = work.exec1("select count(*) from matricula.outbox")[0].as<std::uint64_t>();
    if (visit.target.held.sql.empty() || is_of_another_version(work, visit.target))
      return;
    visit.doing = visit.target.held.name;
    for (const auto row : work.exec(told(visit.target.held.sql)))
      status.withdrawals.push_back({row["centre"].as<std::string>(), row["state"].as<std::string>(),
                                    row["people"].as<std::uint64_t>(), row["enrolments"].as<std::uint64_t>(),
                                    row["since"].as<std::string>(), row["until"].as<std::string>()});
  });
  if (!visited)
    return visited.error();
  return status;
}

}  // namespace matricula
