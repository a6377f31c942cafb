-- SPDX-License-Identifier: Apache-2.0
-- What a run's judge reads: every row that anybody writes into a site's tables, in the order in which it was written.
-- The triggers are there before the first row, since an event trigger adds them to each table as it is created.

create schema audit;

create table audit.effect (
  id       bigint generated always as identity primary key,
  at       timestamptz not null default clock_timestamp(),
  written  text        not null,  -- the table
  what     text        not null,  -- INSERT, UPDATE or DELETE; a TRUNCATE is a DELETE
  row_key  text        not null,
  revision bigint,                -- the row's new one; null: the row is gone, or its table has none
  same     boolean     not null default false  -- of a table without revisions: updated to what it was
);

-- Of a whole statement at once: a trigger for each row would take more time than the rows.
create function audit.note() returns trigger language plpgsql as $$
begin
  execute format('insert into audit.effect (written, what, row_key, revision) '
                 'select %L, %L, concat_ws(''/'', %s), %s from written',
                 tg_table_name, tg_op,
                 (select string_agg(quote_ident(name), ', ' order by place)
                  from unnest(tg_argv) with ordinality u (name, place)),
                 case tg_op when 'DELETE' then 'null' else 'revision' end);
  return null;
end $$;

-- Of a table without revisions.
create function audit.note_unrevised() returns trigger language plpgsql as $$
declare
  key_columns text := (select string_agg(quote_ident(name), ', ' order by place)
                       from unnest(tg_argv) with ordinality u (name, place));
begin
  if tg_op = 'UPDATE' then
    execute format('insert into audit.effect (written, what, row_key, same) '
                   'select %L, %L, concat_ws(''/'', %s), b = w from before b join written w using (%3$s)',
                   tg_table_name, tg_op, key_columns);
  else
    execute format('insert into audit.effect (written, what, row_key) select %L, %L, concat_ws(''/'', %s) from written',
                   tg_table_name, tg_op, key_columns);
  end if;
  return null;
end $$;

create function audit.note_truncated() returns trigger language plpgsql as $$
begin
  insert into audit.effect (written, what, row_key) values (tg_table_name, 'DELETE', 'every row');
  return null;
end $$;

create function audit.watch() returns event_trigger language plpgsql as $$
declare
  made record;
begin
  for made in
    select distinct c.oid, c.relname,
           exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'revision') as has_revision,
           (select string_agg(quote_literal(a.attname), ', ' order by a.attnum)
            from pg_index i join pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey)
            where i.indrelid = c.oid and i.indisprimary) as key_columns
    from pg_event_trigger_ddl_commands() d
    join pg_class c on c.oid = d.objid
    join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'classrooms' and c.relkind = 'r'
      and not exists (select from pg_trigger t where t.tgrelid = c.oid and t.tgname = 'audit_update')
  loop
    execute format('create trigger audit_truncate before truncate on classrooms.%I '
                   'for each statement execute function audit.note_truncated()', made.relname);
    if not made.has_revision then
      execute format('create trigger audit_insert after insert on classrooms.%1$I referencing new table as written '
                     'for each statement execute function audit.note_unrevised(%2$s); '
                     'create trigger audit_update after update on classrooms.%1$I '
                     'referencing old table as before new table as written '
                     'for each statement execute function audit.note_unrevised(%2$s); '
                     'create trigger audit_delete after delete on classrooms.%1$I referencing old table as written '
                     'for each statement execute function audit.note_unrevised(%2$s)', made.relname, made.key_columns);
      continue;
    end if;
    execute format('create trigger audit_insert after insert on classrooms.%1$I referencing new table as written '
                   'for each statement execute function audit.note(%2$s); '
                   'create trigger audit_update after update on classrooms.%1$I referencing new table as written '
                   'for each statement execute function audit.note(%2$s); '
                   'create trigger audit_delete after delete on classrooms.%1$I referencing old table as written '
                   'for each statement execute function audit.note(%2$s)', made.relname, made.key_columns);
  end loop;
end $$;

create event trigger audit_watch on ddl_command_end when tag in ('CREATE TABLE') execute function audit.watch();
