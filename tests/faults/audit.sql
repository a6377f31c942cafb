-- SPDX-License-Identifier: Apache-2.0
-- What a run's judge reads: every row that anybody writes into a site's tables, in the order in which it was written.
-- The triggers are there before the first row, since an event trigger adds them to each table as it is created.

create schema audit;

create table audit.effect (
  id       bigint generated always as identity primary key,
  at       timestamptz not null default clock_timestamp(),
  written  text        not null,  -- the table
  what     text        not null,  -- INSERT, UPDATE or DELETE
  row_key  text        not null,
  revision bigint                 -- the row's new one; null: the row is gone
);

create function audit.note() returns trigger language plpgsql as $$
declare
  changed jsonb := to_jsonb(case tg_op when 'DELETE' then old else new end);
begin
  insert into audit.effect (written, what, row_key, revision)
  values (tg_table_name, tg_op,
          (select string_agg(changed ->> name, '/' order by place) from unnest(tg_argv) with ordinality u (name, place)),
          case tg_op when 'DELETE' then null else (changed ->> 'revision')::bigint end);
  return null;
end $$;

create function audit.watch() returns event_trigger language plpgsql as $$
declare
  made record;
begin
  for made in
    select distinct c.oid, c.relname,
           (select string_agg(quote_literal(a.attname), ', ' order by a.attnum)
            from pg_index i join pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey)
            where i.indrelid = c.oid and i.indisprimary) as key_columns
    from pg_event_trigger_ddl_commands() d
    join pg_class c on c.oid = d.objid
    join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'classrooms' and c.relkind = 'r'
      and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'revision')
      and not exists (select from pg_trigger t where t.tgrelid = c.oid and t.tgname = 'audit')
  loop
    execute format('create trigger audit after insert or update or delete on classrooms.%I for each row '
                   'execute function audit.note(%s)', made.relname, made.key_columns);
  end loop;
end $$;

create event trigger audit_watch on ddl_command_end when tag in ('CREATE TABLE') execute function audit.watch();
