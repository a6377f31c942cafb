// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/apply/target.hpp"
#include "config/topology.hpp"
#include "messages/site_batch.hpp"

#include <pqxx/pqxx>

#include <string>
#include <string_view>

namespace matricula {

/// The schema `matricula` in a site's database, the program's own: positions (where each partition is read
/// on), outbox (what the reporter takes to Kafka), target (which schemas are installed, by digest).
///
/// Installs it and the target's schema where either is missing or differs from what was installed last;
/// otherwise reads one row and writes nothing. Sessions that come at the same moment wait for one another.
/// `doing` names the file being run, for an error's text. Throws as libpqxx does.
void install_schemas(pqxx::connection_base& connection, const target& target, std::string& doing);

/// The same as a part of `work`; answers whether anything was to be installed.
bool install_schemas_in(pqxx::transaction_base& work, const target& target, std::string& doing);

/// Whether an applier has ever opened this database.
bool is_installed(pqxx::transaction_base& work);

/// Where each partition is read on. Precondition: is_installed.
partition_offsets read_offsets(pqxx::transaction_base& work);

/// Whether the database has these schemas from another version of the program or the target.
bool is_of_another_version(pqxx::transaction_base& work, const target& target);

/// What holds for every statement of an applier's session.
std::string_view session_settings_sql();

/// What a target's SQL asks the session for by current_setting: matricula.site, matricula.base_url, and
/// matricula.NAME for each of the site's settings, and matricula.calendar_NAME for the topology's calendar.
void set_site_settings(pqxx::connection_base& connection, const site_settings& site);

/// The session's staging table `batch` and its table of `effect`s: the contract of docs/targets.md.
std::string_view staging_tables_sql();

}  // namespace matricula
