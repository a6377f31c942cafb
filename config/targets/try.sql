-- SPDX-License-Identifier: Apache-2.0
-- Runs a target by hand, on a batch of three records, as the program would, and takes everything back at the end:
--
--   TARGET=config/targets/classrooms psql "$DATABASE" -f config/targets/try.sql
--
-- What the target extends is taken from the folder beside it; settings have their defaults.
-- The staging tables here are those that the program creates (docs/targets.md).

\set ON_ERROR_STOP on
\set QUIET on
set client_min_messages = warning;
begin;

create schema if not exists matricula;
create table if not exists matricula.outbox (
  id    bigint generated always as identity primary key,
  kind  text        not null check (kind in ('outcome', 'quarantine')),
  key   text        not null,
  value json        not null,
  at    timestamptz not null default now()
);

create temporary table batch (
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

select set_config('matricula.site', 'try', false), set_config('matricula.base_url', 'https://aules.example', false)
\g /dev/null

\setenv BASE `base=$(sed -nE 's/^extends = "(.*)"$/\1/p' "$TARGET/target.toml" 2>/dev/null); test "$base" && echo "$(dirname "$TARGET")/$base" || echo "$TARGET"`
\set schema `cat "$BASE/schema.sql"; test "$BASE" = "$TARGET" || cat "$TARGET/schema.sql"`
\set session `cat "$BASE/session.sql"; test "$BASE" = "$TARGET" || cat "$TARGET/session.sql"`
\set steps `for name in $(ls "$BASE" "$TARGET" | grep '^[0-9][0-9]_.*sql$' | sort -u); do cat "$TARGET/$name" 2>/dev/null || cat "$BASE/$name"; echo ';'; done`
\set outcomes `cat "$TARGET/outcomes.sql" 2>/dev/null || cat "$BASE/outcomes.sql"`
\set verify `cat "$TARGET/verify.sql" 2>/dev/null || cat "$BASE/verify.sql"`
\set settings `sed -nE "s/^([a-z_]+) = \{ default = \"([^\"]*)\".*/set_config('matricula.\1', '\2', false),/p" "$TARGET/target.toml" 2>/dev/null`
select :settings true
\g /dev/null
:schema
:session

insert into batch
select n, '2026/46012345/1234567890/MAT/1ESOA/' || person || '/student', '2026/46012345/1234567890/MAT/1ESOA',
       n, n, n, '2026', status, '2026-09-09', 'student', '46012345', 'IES Exemple', 'ESO', '1234567890', '1r ESO',
       'MAT', 'Matemàtiques', 'Matemáticas', '1ESOA', '1r ESO A', '012345678Z', person, 'Nom', 'Cognom', null, null, null,
       '[{"id": "012345678Z", "name": "Nom", "surname1": "Cognom", "substitutes": null}]',
       '[{"day": 1, "from": "08:00", "to": "08:55", "room": "A12"}]'
from (values (1, '10000001', 'enrolled'), (2, '10000002', 'enrolled'), (3, '10000003', 'withdrawn'))
     as three (n, person, status);

:steps
:outcomes;

\echo The effects:
table effect;
\echo The outcomes:
select key, jsonb_pretty(value::jsonb) as value from matricula.outbox order by id desc limit 5;
\echo What the site holds now, as matricula verify sees it:
select key, revision, status from (:verify) as held where key like '2026/46012345/1234567890/MAT/%' order by key;

rollback;
