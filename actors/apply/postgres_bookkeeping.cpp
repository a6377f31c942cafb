// SPDX-License-Identifier: Apache-2.0
#include "actors/apply/postgres_bookkeeping.hpp"

#include "messages/hashing.hpp"

#include <string_view>

namespace matricula {
namespace {

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
  effect    text   not null check (effect in ('created', 'changed', 'withdrawn', 'refused')),
  records   bigint not null
) on commit delete rows;
)sql";

bool installed(pqxx::transaction_base& work, std::string_view name, std::uint64_t digest) {
  return !work.exec_params("select from matricula.target where name = $1 and digest = $2", std::string{name},
                           static_cast<std::int64_t>(digest))
              .empty();
}

void note_installed(pqxx::transaction_base& work, std::string_view name, std::uint64_t digest) {
  work.exec_params("insert into matricula.target (name, digest) values ($1, $2) "
                   "on conflict (name) do update set digest = excluded.digest, installed_at = now()",
                   std::string{name}, static_cast<std::int64_t>(digest));
}

}  // namespace

void install_schemas(pqxx::connection_base& connection, const target& target, std::string& doing) {
  const auto bookkeeping_digest = content_hash_of(bookkeeping_schema);
  const auto all_installed = [&](pqxx::transaction_base& work) {
    return !work.exec("select where to_regclass('matricula.target') is not null").empty() &&
           installed(work, bookkeeping_name, bookkeeping_digest) &&
           installed(work, target.name, target.schema_digest);
  };
  doing = "the schema matricula";
  {
    pqxx::nontransaction look{connection};
    if (all_installed(look))
      return;
  }
  pqxx::work work{connection};
  // Any number that nobody else uses: the digest of the bookkeeping's own name.
  work.exec_params("select pg_advisory_xact_lock($1)",
                   static_cast<std::int64_t>(key_hash_of(bookkeeping_name)));
  if (!all_installed(work)) {
    work.exec(std::string{bookkeeping_schema});
    note_installed(work, bookkeeping_name, bookkeeping_digest);
    if (!installed(work, target.name, target.schema_digest)) {
      doing = target.schema.name;
      work.exec(target.schema.sql);
      note_installed(work, target.name, target.schema_digest);
    }
  }
  work.commit();
}

void set_site_settings(pqxx::connection_base& connection, const site_settings& site) {
  constexpr const char* set = "select set_config('matricula.' || $1, $2, false)";
  pqxx::nontransaction work{connection};
  work.exec_params(set, "site", site.name);
  work.exec_params(set, "base_url", site.base_url);
  for (const auto& [name, value] : site.settings)
    work.exec_params(set, name, value);
}

std::string_view staging_tables_sql() { return staging_tables; }

void create_staging_tables(pqxx::connection_base& connection) {
  pqxx::nontransaction{connection}.exec(staging_tables);
}

}  // namespace matricula
