// SPDX-License-Identifier: Apache-2.0
#include "actors/apply/postgres_bookkeeping.hpp"

#include "messages/hashing.hpp"

#include <string_view>

namespace matricula {
namespace {

// What holds for every statement of a session. A statement_timeout shorter than a request's lets the applier
// hear why. A process that is stopped in the middle of a transaction loses it before Kafka gives its partitions to
// another (session.timeout.ms, 6 s at the least), which would have to wait for its lock on the offset. A batch that
// waited for a lock must see what its holder has committed, so the database's own default does not count.
constexpr const char* session_settings = R"sql(
set client_min_messages = warning;
set standard_conforming_strings = on;
set default_transaction_isolation = 'read committed';
set lock_timeout = '10s';
set statement_timeout = '60s';
set idle_in_transaction_session_timeout = '5s';
set jit = off;
set work_mem = '32MB';
set temp_buffers = '64MB';
set datestyle = 'ISO, YMD';
set timezone = 'UTC';
)sql";

constexpr std::string_view bookkeeping_name = "(bookkeeping)";

constexpr std::string_view bookkeeping_schema = R"sql(
create schema if not exists matricula;

create table if not exists matricula.positions (
  topic       text    not null,
  partition   integer not null,
  next_offset bigint  not null,
  revision    bigint  not null,  -- the greatest that was applied
  primary key (topic, partition)
) with (fillfactor = 50);

create table if not exists matricula.outbox (
  id    bigint generated always as identity primary key,
  kind  text        not null check (kind in ('outcome', 'quarantine')),
  key   text        not null,
  value json        not null,
  at    timestamptz not null default now()
);

create table if not exists matricula.target (
  name         text        primary key,
  digest       bigint      not null,  -- of the schema that was installed
  installed_at timestamptz not null default now()
);
)sql";

constexpr const char* staging_tables = R"sql(create temporary table batch (
  ordinal          integer not null,
  key              text    not null,
  classroom        text    not null,
  key_hash         bigint  not null,
  content_hash     bigint  not null,
  revision         bigint  not null,
  year             text    not null,
  status           text    not null,
  since            date    not null,
  role             text    not null,
  centre_code      text    not null,
  centre_name      text    not null,
  flavour          text    not null,
  course_code      text    not null,
  course_name      text    not null,
  subject_code     text    not null,
  subject_name_val text    not null,
  subject_name_cas text    not null,
  group_code       text    not null,
  group_name       text    not null,
  group_tutor      text,
  person_id        text    not null,
  person_name      text    not null,
  person_surname1  text    not null,
  person_surname2  text,
  person_email     text,
  person_born      date,
  teachers         text    not null,
  timetable        text    not null
) on commit delete rows;

create temporary table effect (
  classroom text   not null,
  effect    text   not null check (effect in ('created', 'changed', 'withdrawn', 'refused', 'held')),
  records   bigint not null
) on commit delete rows;
)sql";

bool installed(pqxx::transaction_base& work, std::string_view name, std::uint64_t digest) {
  return !work.exec_params("select from matricula.target where name = $1 and digest = $2", std::string{name},
                           static_cast<std::int64_t>(digest))
              .empty();
}

bool all_installed(pqxx::transaction_base& work, const target& target) {
  return is_installed(work) && installed(work, bookkeeping_name, content_hash_of(bookkeeping_schema)) &&
         installed(work, target.name, target.schema_digest);
}

void note_installed(pqxx::transaction_base& work, std::string_view name, std::uint64_t digest) {
  work.exec_params("insert into matricula.target (name, digest) values ($1, $2) "
                   "on conflict (name) do update set digest = excluded.digest, installed_at = now()",
                   std::string{name}, static_cast<std::int64_t>(digest));
}

}  // namespace

void install_schemas(pqxx::connection_base& connection, const target& target, std::string& doing) {
  doing = "the schema matricula";
  {
    pqxx::nontransaction look{connection};
    if (all_installed(look, target))
      return;
  }
  pqxx::work work{connection};
  install_schemas_in(work, target, doing);
  work.commit();
}

bool install_schemas_in(pqxx::transaction_base& work, const target& target, std::string& doing) {
  doing = "the schema matricula";
  if (all_installed(work, target))
    return false;
  // Any number that nobody else uses: the digest of the bookkeeping's own name.
  work.exec_params("select pg_advisory_xact_lock($1)",
                   static_cast<std::int64_t>(key_hash_of(bookkeeping_name)));
  if (all_installed(work, target))
    return false;
  work.exec(std::string{bookkeeping_schema});
  note_installed(work, bookkeeping_name, content_hash_of(bookkeeping_schema));
  if (!installed(work, target.name, target.schema_digest)) {
    doing = target.schema.name;
    work.exec(target.schema.sql);
    note_installed(work, target.name, target.schema_digest);
  }
  return true;
}

bool is_installed(pqxx::transaction_base& work) {
  return work.exec1("select to_regclass('matricula.target') is not null")[0].as<bool>();
}

partition_offsets read_offsets(pqxx::transaction_base& work) {
  partition_offsets all;
  for (const auto row : work.exec("select topic, partition, next_offset from matricula.positions"))
    all[{row[0].as<std::string>(), row[1].as<std::int32_t>()}] = row[2].as<std::int64_t>();
  return all;
}

bool is_of_another_version(pqxx::transaction_base& work, const target& target) {
  return is_installed(work) && !all_installed(work, target);
}

std::string_view session_settings_sql() { return session_settings; }

void set_site_settings(pqxx::connection_base& connection, const site_settings& site) {
  pqxx::nontransaction work{connection};
  std::string sql;
  const auto set = [&](const std::string& name, const std::string& value) {
    sql += sql.empty() ? "select " : ", ";
    sql += "set_config(" + work.quote("matricula." + name) + ", " + work.quote(value) + ", false)";
  };
  set("site", site.name);
  set("base_url", site.base_url);
  for (const auto& [name, value] : site.settings)
    set(name, value);
  const auto& calendar = site.calendar;
  set("calendar_hide", calendar.hide);
  set("calendar_open", calendar.open);
  set("calendar_delete", calendar.deletion);
  set("calendar_blackout", pqxx::separated_list(",", calendar.blackout));
  set("calendar_timezone", calendar.timezone);
  work.exec(sql);
}

std::string_view staging_tables_sql() { return staging_tables; }

}  // namespace matricula
