-- SPDX-License-Identifier: Apache-2.0
-- What this program has made in Moodle's tables, or found there and taken on: a row for each, with Moodle's id and with
-- what was last written. Moodle's rows that are not named here are never changed. Every statement bears to be run again.
--
--   classroom ──< moodle_classroom >── moodle_course ──< moodle_group
--   person    ─── moodle_user                │
--                                      moodle_category
--
-- Moodle has no foreign keys and neither has this: its rows may be deleted in Moodle, and are then missing there.

-- key: the codes from the top, 46/46012345/1234567890
create table if not exists matricula.moodle_category (
  key         text    primary key collate "C",
  category_id bigint  not null,
  context_id  bigint  not null,
  name        text    not null,
  adopted     boolean not null  -- it stood there before, with this idnumber
);
-- The school year, and the revision, of the record that has named it: last year's know no better. As long as a year is still
-- to come it counts as the present one, lest a record with a wrong one has the last word for good. Empty: an earlier version
-- has made it.
alter table matricula.moodle_category
  add column if not exists year text not null default '' collate "C",
  add column if not exists revision bigint not null default 0;
create index if not exists moodle_category_category on matricula.moodle_category (category_id);

-- key: that of the classroom, or without the group where groups are merged
create table if not exists matricula.moodle_course (
  key         text    primary key collate "C",
  course_id   bigint  not null unique,
  context_id  bigint  not null,
  enrol_id    bigint  not null,  -- the enrol instance that all our enrolments stand under
  category_id bigint  not null,
  fullname    text    not null,
  shortname   text    not null,
  idnumber    text    not null
);
-- Where the classroom stands in its school year. early: made hidden, to be opened on the calendar's day; open; over: the
-- year has ended, and it has been hidden; deleting: somebody has approved of its deletion; undone: its making has been
-- undone, and it has been hidden. A database of an earlier version has another check.
alter table matricula.moodle_course
  add column if not exists season text not null default 'open',
  drop constraint if exists moodle_course_season_check,
  add constraint moodle_course_season_check check (season in ('early', 'open', 'over', 'deleting', 'undone'));

-- The settings that its names are made by, for good; null: an earlier version has made it, and they are the present ones. The
-- short name is written once.
alter table matricula.moodle_course
  add column if not exists fullname_template text,
  add column if not exists idnumber_template text;

create table if not exists matricula.moodle_classroom (
  classroom_id    bigint primary key,
  course_id       bigint not null,
  moodle_group_id bigint not null
);
create index if not exists moodle_classroom_course on matricula.moodle_classroom (course_id);

create table if not exists matricula.moodle_group (
  course_id       bigint not null,
  group_id        bigint not null,
  moodle_group_id bigint not null unique,
  name            text   not null,
  primary key (course_id, group_id)
);
create index if not exists moodle_group_group on matricula.moodle_group (group_id);

create table if not exists matricula.moodle_user (
  person_id bigint  primary key,
  user_id   bigint  not null,
  firstname text    not null,
  lastname  text    not null,
  email     text    not null,
  idnumber  text    not null,
  adopted   boolean not null  -- the account was there before
);
create index if not exists moodle_user_user on matricula.moodle_user (user_id);

-- Enrolments that this target has suspended, and therefore may make active again.
create table if not exists matricula.moodle_suspended (
  enrol_id bigint not null,
  user_id  bigint not null,
  primary key (enrol_id, user_id)
);
-- Moodle's timemodified of it, by which it is told from one that somebody has suspended since; null: of an earlier version.
alter table matricula.moodle_suspended add column if not exists at bigint;

-- Who has left a course, or is to leave it. More of a centre than the settings allow are held back until an
-- administrator has approved of it; `done` is remembered for as long as it counts.
create table if not exists matricula.moodle_withdrawal (
  enrol_id    bigint      not null,
  user_id     bigint      not null,
  person_id   bigint      not null,
  course_id   bigint      not null,
  centre_code text        not null collate "C",
  at          timestamptz not null,
  state       text        not null,
  primary key (enrol_id, user_id)
);
-- blackout: on a day on which nobody leaves, be it the course or a group of it; kept: while the setting withdraw was `keep`. A
-- database of an earlier version has another check.
alter table matricula.moodle_withdrawal
  drop constraint if exists moodle_withdrawal_state_check,
  add constraint moodle_withdrawal_state_check
    check (state in ('done', 'held', 'approved', 'rejected', 'blackout', 'kept'));
create index if not exists moodle_withdrawal_blackout on matricula.moodle_withdrawal (centre_code)
  where state = 'blackout';
create index if not exists moodle_withdrawal_kept on matricula.moodle_withdrawal (centre_code) where state = 'kept';

-- Classrooms of past years that Moodle may delete, as somebody has approved. Its plugin local_matricula does it.
create table if not exists matricula.moodle_deletion (
  course_id bigint      primary key,
  asked_at  timestamptz not null default now(),
  tried_at  timestamptz  -- when Moodle last began to delete it
);
-- Person by person, so that a count can end when there are too many; and what may be forgotten. A database of an earlier
-- version has other ones.
create index if not exists moodle_withdrawal_person on matricula.moodle_withdrawal (centre_code, person_id, at);
create index if not exists moodle_withdrawal_state on matricula.moodle_withdrawal (state, person_id, at);
create index if not exists moodle_withdrawal_past on matricula.moodle_withdrawal (at) where state in ('done', 'approved');
drop index if exists matricula.moodle_withdrawal_centre;
drop index if exists matricula.moodle_withdrawal_at;

-- How many people a centre had, or, where its code is empty, the whole site, when they were last counted.
create table if not exists matricula.moodle_people (
  centre_code text        primary key collate "C",
  people      bigint      not null,
  at          timestamptz not null
);

-- What an administrator should know, by Moodle's id: no names.
create table if not exists matricula.moodle_notice (
  id   bigint generated always as identity primary key,
  kind text        not null,
  ref  bigint      not null,
  text text        not null,
  at   timestamptz not null default now()
);
create index if not exists moodle_notice_ref on matricula.moodle_notice (kind, ref);

-- What Moodle may still have in a cache, for its plugin local_matricula: the newest change of each thing.
create table if not exists matricula.moodle_change (
  kind text        not null,
  ref  bigint      not null,  -- the course; of members the user; of categories, always all of them, see below
  at   timestamptz not null,
  primary key (kind, ref)
);
-- A database of an earlier version has another check, and an index that nothing reads by.
alter table matricula.moodle_change
  drop constraint if exists moodle_change_kind_check,
  add constraint moodle_change_kind_check check (kind in ('categories', 'course', 'groups', 'members', 'people'));
drop index if exists matricula.moodle_change_at;

-- Notes that categories have changed, or courses been made, hidden or shown in them: in the first row of that kind that no
-- other transaction is writing, lest a batch wait until those before it are committed. So there are as many rows as have been
-- written at once, from 0 on, and each stands for all categories.
create or replace function matricula.moodle_note_categories() returns void language plpgsql as $$
declare
  free integer := 0;
begin
  while not pg_try_advisory_xact_lock(hashtext('matricula.moodle_change'), free) loop
    free := free + 1;
  end loop;
  insert into matricula.moodle_change (kind, ref, at) values ('categories', free, now())
  on conflict (kind, ref) do update set at = excluded.at;
end
$$;

-- What was done, for `matricula undo`: of each thing what it was before and what was then written. The rows of one moment
-- are of one batch. The oldest says since when nothing is missing: a database that is new here begins with one that says
-- no more than that. The names and addresses in it go after `journal_days`.
--
--   kind              ref              was, wrote
--   student, teacher  a classroom      the record: its status, since and revision; `revision` is what was written
--   teaching          a classroom      the person's place in its list of teachers
--   account           a person         the account's names and addresses
--   course            Moodle's course  its names
--   visibility        Moodle's course  visible and visibleold, as the calendar has them
--   group, category   Moodle's own     its name
create table if not exists matricula.moodle_journal (
  at        timestamptz not null default now(),
  id        bigint      generated always as identity,
  ref       bigint      not null,
  person_id bigint,  -- of the first three
  revision  bigint,
  kind      text        not null,
  was       jsonb,   -- null: it was made then
  wrote     jsonb,
  primary key (at, id)
);
insert into matricula.moodle_journal (kind, ref)
select 'begun', 0 where not exists (select from matricula.moodle_journal);

-- Ends the batch as one that nothing in it is to blame for: a class that PostgreSQL does not have stands for `target_broken`,
-- where a plain `raise` would quarantine a record. The site tries again.
create or replace function matricula.moodle_refuse(why text) returns void language plpgsql as $$
begin
  raise exception '%', why using errcode = 'MD001';
end
$$;

-- Ends the batch as one that somebody else was in the way of: the same is tried again at once.
create or replace function matricula.moodle_try_again(why text) returns void language plpgsql as $$
begin
  raise exception '%', why using errcode = 'serialization_failure';
end
$$;

-- Of a category below which nothing can be made, since contexts are found by their paths.
create or replace function matricula.moodle_refuse_category(category bigint) returns void language plpgsql as $$
begin
  perform matricula.moodle_refuse('category ' || category || ' has no context in Moodle, or one without a path, and nothing '
    || 'can be made in it. Have Moodle''s scheduled tasks create_contexts_task and context_cleanup_task run, which mend that');
end
$$;

-- A setting of a plugin of Moodle's; null: there is none, or this role may not look. A query that names the table would fail
-- without the right to read it, whatever else it asks.
create or replace function matricula.moodle_plugin_setting(of_plugin text, of_name text) returns text
language plpgsql stable as $$
begin
  return (select value from mdl_config_plugins where plugin = of_plugin and name = of_name);
exception when insufficient_privilege then
  return null;
end
$$;

-- One that is a number.
create or replace function matricula.moodle_plugin_number(of_plugin text, of_name text) returns bigint language sql stable as $$
  select (regexp_match(matricula.moodle_plugin_setting(of_plugin, of_name), '^[0-9]{1,9}$'))[1]::bigint
$$;

-- What a column holds that nobody writes, if that is a number; null: there is no such column, or nothing of the kind.
create or replace function matricula.moodle_column_default(of_table regclass, of_column text) returns bigint
language sql stable as $$
  select (regexp_match(pg_get_expr(d.adbin, d.adrelid), '[0-9]+'))[1]::bigint
  from pg_attribute a
  join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attrelid = of_table and a.attname = of_column
$$;

-- One of the site's defaults of courses, those of the plugin "moodlecourse", that are numbers; or where it has none, or this role
-- may not see it, that of the column.
create or replace function matricula.moodle_course_default(of_name text) returns bigint language sql stable as $$
  select coalesce(
    (regexp_match(matricula.moodle_plugin_setting('moodlecourse', of_name),
                  case of_name when 'maxbytes' then '^[0-9]{1,18}$' else '^[0-9]{1,4}$' end))[1]::bigint,
    matricula.moodle_column_default(to_regclass('mdl_course'), of_name))
$$;

-- The version of a plugin, such as local_matricula or format_topics.
create or replace function matricula.moodle_plugin_version(of_plugin text) returns text language sql stable as $$
  select matricula.moodle_plugin_setting(of_plugin, 'version')
$$;
drop function if exists matricula.moodle_plugin_version();

-- A row of Moodle's config, by its index; null: there is none.
create or replace function matricula.moodle_config(of_name text) returns text language plpgsql stable as $$
begin
  return (select c.value from mdl_config c where c.name = of_name);
end
$$;

-- One of the site's defaults of people, which Moodle keeps as defaultpreference_maildisplay and the like: whether others see
-- somebody's address, what he is sent. Where there is none, or none that is a digit, that of the column.
create or replace function matricula.moodle_user_default(of_name text) returns smallint language sql stable as $$
  select coalesce(
    (regexp_match(matricula.moodle_config('defaultpreference_' || of_name), '^[0-9]$'))[1]::smallint,
    matricula.moodle_column_default(to_regclass('mdl_user'), of_name)::smallint)
$$;

-- Whether Moodle is being upgraded. Its scripts write until when a step is expected to last, some minutes ahead, run on when
-- it lasts longer, and delete the row at their end: one of long ago stands there since somebody has broken them off.
create or replace function matricula.moodle_is_upgrading() returns boolean language plpgsql volatile as $$
declare
  expected_end constant text := matricula.moodle_config('upgraderunning');
begin
  return expected_end ~ '^[0-9]{1,18}$'
         and expected_end::numeric > extract(epoch from clock_timestamp() - interval '1 hour');
end
$$;

-- For how long a session in Moodle lasts without a page, in seconds, and a flag for those that are open must.
create or replace function matricula.moodle_session_seconds() returns bigint language plpgsql stable as $$
begin
  return coalesce((select c.value from mdl_config c where c.name = 'sessiontimeout' and c.value ~ '^[1-9][0-9]{0,8}$')::bigint,
                  28800);
end
$$;

-- Waits for other batches that write flags, if this one is to write any, by who is in Moodle now: see moodle_flag.
create or replace function matricula.moodle_lock_flags() returns void language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtext('mdl_cache_flags'))
  from moodle_flag f
  where not f.is_gain
    or (select u.lastaccess from mdl_user u where u.id = f.name::bigint)
       > extract(epoch from now()) - (select matricula.moodle_session_seconds())
  limit 1;
end
$$;

-- What a flag carries as its time: ten seconds from now. What the program does after the steps, the commit and clocks that
-- differ may take as long; who comes to Moodle meanwhile only has his rights read with each page until then.
create or replace function matricula.moodle_flag_time() returns bigint language sql volatile as $$
  select floor(extract(epoch from clock_timestamp()))::bigint + 10
$$;

-- What templates of a course's names may have in braces.
create or replace function matricula.moodle_placeholders() returns text[] language sql immutable as $$
  select array['year', 'centre.code', 'centre.name', 'centre.flavour', 'course.code', 'course.name', 'subject.code',
               'subject.name_val', 'subject.name_cas', 'group.code', 'group.name']
$$;

-- A template such as '{subject.name_val} · {group.name}' as format() takes it, with an array of texts in the order of
-- `names`. A name that is not among them stays as it stands.
create or replace function matricula.moodle_format(template text, names text[]) returns text language sql immutable as $$
  select string_agg(case when n.place is null then replace(part[1], '%', '%%') else '%' || n.place || '$s' end, ''
                    order by parts.place)
  from regexp_matches(template, '\{[a-z_.]+\}|[^{]+|\{', 'g') with ordinality as parts (part, place)
  left join unnest(names) with ordinality as n (name, place) on part[1] = '{' || n.name || '}'
$$;
drop function if exists matricula.moodle_text(text, jsonb);

-- A name without tags, as Moodle cleans it (PARAM_NOTAGS, which is PHP's strip_tags): one that is not closed goes on to the
-- end. A `<` before a blank begins none.
create or replace function matricula.moodle_without_tags(name text) returns text language sql immutable as $$
  select case when strpos(name, '<') = 0 then name
              else regexp_replace(name, '<(?!\s)([^>"'']|"[^"]*("|$)|''[^'']*(''|$))*(>|$)', '', 'g') end
$$;

-- How somebody logs in: a pupil by the NIA, a teacher by the NIF or NIE, which ITACA writes with a zero before it.
create or replace function matricula.moodle_username(code text) returns text language sql immutable as $$
  select regexp_replace(lower(code), '^0(?=[0-9a-z][0-9]{7}[a-z]$)', '')
$$;

-- The categories from the top down to the one that holds the courses, as the setting `categories` names them, in as many
-- characters as Moodle keeps.
create or replace function matricula.moodle_levels(
  categories text[], year text, centre_code text, centre_name text, course_code text, course_name text)
returns table (depth integer, key text, parent text, name text) language sql immutable as $$
  select
    l.depth::integer,
    string_agg(l.code, '/') over (order by l.depth),
    coalesce(string_agg(l.code, '/') over (order by l.depth rows between unbounded preceding and 1 preceding), ''),
    left(l.name, 255)
  from unnest(categories) with ordinality as c (kind, depth)
  cross join lateral (
    select c.depth, k.code, k.name
    from (values
      ('year', year, year || '-' || right((year::integer + 1)::text, 2)),
      ('province', left(centre_code, 2),
       case left(centre_code, 2) when '03' then 'Alacant' when '12' then 'Castelló' when '46' then 'València'
                                 else left(centre_code, 2) end),
      ('centre', centre_code, centre_name),
      ('course', course_code, course_name)) as k (kind, code, name)
    where k.kind = c.kind
  ) as l
$$;

-- Makes the categories of wanted_category that are still missing, from the top, with their contexts. One that stands
-- there already, by its parent and idnumber, is taken on. The caller has the lock of the centres that they are of. A new one
-- has no idnumber where another category has that already, elsewhere in the tree: Moodle gives none twice. It comes after all
-- that there are, and shares its place with none: Moodle numbers them one step after the other from the top,
-- and has given out at least as many ids. Below a hidden one it is hidden, and shows when that does.
create or replace function matricula.moodle_make_categories() returns bigint language plpgsql as $$
declare
  wanted   record;
  above    record;
  category bigint;
  context  bigint;
  path_of  text;
  step     constant bigint := (select s.category_step from moodle_site s);
  found_it boolean;
  taken    text[];
  made     bigint := 0;
begin
  -- Above the centre, such as a province, they are everybody's.
  if exists (
    select from wanted_category w
    cross join moodle_site s
    where array_position(s.categories, 'centre') <= w.depth is not true
  ) then
    perform pg_advisory_xact_lock(hashtext('matricula.moodle_category'));
  end if;
  -- Once for all of them, since Moodle has no index on it.
  taken := array(
    select c.idnumber from mdl_course_categories c where c.idnumber = any (array(select w.key from wanted_category w)));
  for wanted in select * from wanted_category order by depth, key loop
    continue when exists (
      select from matricula.moodle_category m
      join mdl_course_categories c on c.id = m.category_id
      where m.key = wanted.key
    );
    select m.category_id, c.path::text, c.visible, x.path::text as context_path, x.depth::integer into above
    from matricula.moodle_category m
    join mdl_course_categories c on c.id = m.category_id
    left join mdl_context x on x.contextlevel = 40 and x.instanceid = c.id
    where m.key = wanted.parent;
    if not found then
      if wanted.parent <> '' then
        perform matricula.moodle_try_again('somebody has deleted a category in Moodle meanwhile');
      end if;
      select 0::bigint as category_id, ''::text as path, 1::smallint as visible, s.system_path::text as context_path,
             1 as depth into above
      from moodle_site s;
    end if;
    if above.context_path is null then
      perform matricula.moodle_refuse_category(above.category_id);
    end if;
    select c.id, x.id, x.path into category, context, path_of
    from mdl_course_categories c
    left join mdl_context x on x.contextlevel = 40 and x.instanceid = c.id
    where c.parent = above.category_id and c.idnumber = wanted.key
    order by c.id
    limit 1;
    found_it := found;
    if found_it and path_of is null then
      perform matricula.moodle_refuse_category(category);
    end if;
    if not found_it then
      category := nextval('mdl_course_categories_id_seq');
      context := nextval('mdl_context_id_seq');
      insert into mdl_course_categories (id, name, idnumber, description, descriptionformat, parent, sortorder, visible,
                                         timemodified, depth, path)
      values (category, wanted.name, case when wanted.key <> all (taken) then wanted.key end, '', 1, above.category_id,
              step * category, above.visible, extract(epoch from now()), above.depth, above.path || '/' || category);
      insert into mdl_context (id, contextlevel, instanceid, path, depth)
      values (context, 40, category, above.context_path || '/' || context, above.depth + 1);
      insert into new_category (category_id, above_id, above_path)
      select category, coalesce(n.above_id, above.category_id), coalesce(n.above_path, above.context_path)
      from (values (1)) as one
      left join new_category n on n.category_id = above.category_id;
      if wanted.key = any (taken) then
        insert into matricula.moodle_notice (kind, ref, text)
        values ('category_idnumber_taken', category,
                'another category has the idnumber that this one was to have, which is left empty');
      end if;
    end if;
    insert into matricula.moodle_category (key, category_id, context_id, name, adopted, year, revision)
    values (wanted.key, category, context, wanted.name, found_it, wanted.year, wanted.revision)
    on conflict (key) do update set category_id = excluded.category_id, context_id = excluded.context_id,
                                    name = excluded.name, adopted = excluded.adopted, year = excluded.year,
                                    revision = excluded.revision;
    made := made + 1;
  end loop;
  return made;
end
$$;

-- Whether a course and an account are still in Moodle. Who waits to leave where one of them is not, waits for nothing: he is
-- not shown, counts nowhere, and nobody decides on him.
create or replace function matricula.moodle_is_there(course bigint, account bigint) returns boolean
language plpgsql stable as $$
begin
  return (select count(*) from mdl_course c where c.id = course) > 0
         and coalesce((select a.deleted from mdl_user a where a.id = account) = 0, false);
end
$$;

-- Forgets some of those. A session looks at 100 withdrawals with each batch, in the order of their keys, and begins anew after
-- the last.
create or replace function matricula.moodle_forget_gone() returns void language plpgsql as $$
declare
  most    constant bigint := 100;
  reached bigint[] := string_to_array(coalesce(nullif(current_setting('matricula.forget_after', true), ''), '0 0'), ' ');
  looked  record;
begin
  with looked_at as materialized (
    select w.enrol_id, w.user_id, w.course_id, w.state
    from matricula.moodle_withdrawal w
    where (w.enrol_id, w.user_id) > (reached[1], reached[2])
    order by w.enrol_id, w.user_id
    limit most
  ), forgotten as (
    delete from matricula.moodle_withdrawal
    where ctid = any (array(
      select w.ctid
      from looked_at l
      join matricula.moodle_withdrawal w on w.enrol_id = l.enrol_id and w.user_id = l.user_id
      where l.state in ('held', 'rejected', 'blackout', 'kept') and not matricula.moodle_is_there(l.course_id, l.user_id)
      for update of w skip locked))
  )
  select count(*) as number, (array_agg(l.enrol_id || ' ' || l.user_id order by l.enrol_id desc, l.user_id desc))[1] as last
  into looked
  from looked_at l;
  perform set_config('matricula.forget_after', case when looked.number = most then looked.last else '' end, false);
end
$$;

-- Whether too many are to leave: a centre, or a whole site, does not lose its people in a day. What follows is called with
-- the lock of 97_withdrawals_2_lock. `of_centre` is a centre's code, or empty for the site.

-- Who is enrolled, is held back (as moodle_is_there has it) or has left lately, and whoever is to leave now. For a site of
-- 100,000 people that takes a second, so it is counted where more leave than always may, and again after ten minutes.
create or replace function matricula.moodle_people_of(of_centre text) returns bigint language plpgsql as $$
declare
  counted bigint;
begin
  select p.people into counted
  from matricula.moodle_people p
  where p.centre_code = of_centre and p.at > now() - interval '10 minutes';
  if found then
    return counted;
  end if;
  if of_centre = '' then
    select count(*) into counted
    from (
      select u.person_id
      from matricula.moodle_user u
      where (select e.status from enrolment e where e.person_id = u.person_id and e.status = 'enrolled' limit 1) is not null
      union
      select w.person_id
      from matricula.moodle_withdrawal w
      where w.state not in ('approved', 'kept')
        and (w.state = 'done' or (select count(*) from mdl_course c where c.id = w.course_id) > 0
                                 and (select a.deleted from mdl_user a where a.id = w.user_id) = 0)
      union
      select l.person_id from moodle_leaver l
    ) as anybody;
  else
    select count(*) into counted
    from (
      select e.person_id
      from centre x
      join school_group g on g.centre_id = x.centre_id
      join classroom r on r.group_id = g.group_id
      join enrolment e on e.classroom_id = r.classroom_id
      where x.code = of_centre and e.status = 'enrolled'
      union
      select w.person_id
      from matricula.moodle_withdrawal w
      where w.centre_code = of_centre and w.state not in ('approved', 'kept')
        and (w.state = 'done' or (select count(*) from mdl_course c where c.id = w.course_id) > 0
                                 and (select a.deleted from mdl_user a where a.id = w.user_id) = 0)
      union
      select l.person_id from moodle_leaver l where l.centre_code = of_centre
    ) as anybody;
  end if;
  insert into matricula.moodle_people (centre_code, people, at) values (of_centre, counted, now())
  on conflict (centre_code) do update set people = excluded.people, at = excluded.at;
  return counted;
end
$$;

-- Whether more than `most` lose a course within the window, each counted once. Of a centre those count who are held back,
-- too; of the site those who have left, and who leave now, so that a centre that is held back holds back no other. The count
-- goes no further than it must.
create or replace function matricula.moodle_leaves_more_than(most bigint, of_centre text) returns boolean
language plpgsql as $$
declare
  since timestamptz := (select now() - s.withdraw_window from moodle_site s);
begin
  if of_centre = '' then
    return (
      select count(*) > most
      from (
        select l.person_id from moodle_leaver l where l.state = 'done'
        union
        (select distinct w.person_id
         from matricula.moodle_withdrawal w
         where w.state = 'done' and w.at >= since
         order by w.person_id
         limit most + 1)
      ) as leaving);
  end if;
  return (
    select count(*) > most
    from (
      select l.person_id from moodle_leaver l where l.centre_code = of_centre and l.state = 'done'
      union
      (select distinct w.person_id
       from matricula.moodle_withdrawal w
       where w.centre_code = of_centre and w.at >= since and w.state in ('done', 'held', 'rejected')
         and (w.state = 'done' or (select count(*) from mdl_course c where c.id = w.course_id) > 0
                                  and (select a.deleted from mdl_user a where a.id = w.user_id) = 0)
       order by w.person_id
       limit most + 1)
    ) as leaving);
end
$$;

create or replace function matricula.moodle_leaves_too_many(of_centre text) returns boolean language plpgsql as $$
declare
  site record;
begin
  select s.withdraw_people_min, s.withdraw_ratio_max into site from moodle_site s;
  if not matricula.moodle_leaves_more_than(site.withdraw_people_min, of_centre) then
    return false;
  end if;
  return matricula.moodle_leaves_more_than(
    floor(site.withdraw_ratio_max * matricula.moodle_people_of(of_centre))::bigint, of_centre);
end
$$;

-- Of those in moodle_leaver, whom the settings do not let go; centre by centre, then as the site loses who is left.
create or replace function matricula.moodle_judge() returns void language plpgsql as $$
begin
  update moodle_leaver l
  set state = 'held'
  where l.state = 'done' and l.centre_code = any (array(
    select c.centre_code
    from (select distinct k.centre_code from moodle_leaver k where k.state = 'done') as c
    where matricula.moodle_leaves_too_many(c.centre_code)));
  if exists (select from moodle_leaver l where l.state = 'done') and matricula.moodle_leaves_too_many('') then
    update moodle_leaver l set state = 'held' where l.state = 'done';
  end if;
end
$$;

-- The calendar of the topology, as the session has it: what it does not name is never.

create or replace function matricula.moodle_timezone() returns text language sql stable as $$
  select coalesce(nullif(current_setting('matricula.calendar_timezone', true), ''), 'Europe/Madrid')
$$;

create or replace function matricula.moodle_today() returns date language sql stable as $$
  select coalesce(nullif(current_setting('matricula.today', true), '')::date,
                  (now() at time zone matricula.moodle_timezone())::date)
$$;

-- How new a record of this school year is as to how a category is called: no year that is still to come, that is before its
-- September, counts as such.
create or replace function matricula.moodle_naming_year(year text) returns text language sql stable as $$
  select least(year collate "C", to_char(matricula.moodle_today() - interval '8 months', 'YYYY') collate "C")
$$;

-- The day that the calendar names, such as 'hide', in a year.
create or replace function matricula.moodle_day(name text, year integer) returns date language sql stable as $$
  select (year || '-' || nullif(current_setting('matricula.calendar_' || name, true), ''))::date
$$;

-- The day on which the classrooms of the school year that begins in `year` may be deleted: the first after its end.
create or replace function matricula.moodle_deletion_day(year integer) returns date language sql stable as $$
  select case when matricula.moodle_day('delete', year + 1) > make_date(year + 1, 8, 31)
              then matricula.moodle_day('delete', year + 1)
              else matricula.moodle_day('delete', year + 2) end
$$;

-- Whether nobody leaves on a day. A range of every year, such as 12-22/01-07, may go over New Year.
create or replace function matricula.moodle_is_blackout(day date, ranges text) returns boolean language sql immutable as $$
  select coalesce(bool_or(
    case when length(r.first) = 10 then to_char(day, 'YYYY-MM-DD') between r.first and r.last
         when r.first <= r.last then to_char(day, 'MM-DD') between r.first and r.last
         else to_char(day, 'MM-DD') >= r.first or to_char(day, 'MM-DD') <= r.last end), false)
  from (
    select split_part(range, '/', 1) collate "C" as first, split_part(range, '/', 2) collate "C" as last
    from unnest(string_to_array(ranges, ',')) as range
  ) as r
$$;

create or replace function matricula.moodle_is_blackout() returns boolean language sql stable as $$
  select matricula.moodle_is_blackout(matricula.moodle_today(), current_setting('matricula.calendar_blackout', true))
$$;

-- How a new classroom of a school year begins: one of a year that has ended as the calendar would leave it.
create or replace function matricula.moodle_season(year integer) returns text language sql stable as $$
  select case when matricula.moodle_today() >= matricula.moodle_day('hide', year + 1) then 'over'
              when matricula.moodle_today() < matricula.moodle_day('open', year) then 'early'
              else 'open' end
$$;

-- Classrooms whose day has come, and which are still in Moodle, in the order of their numbers; `most`: so many, null: all.
create or replace function matricula.moodle_due(turn text, most bigint) returns table (course_id bigint, year text)
language plpgsql stable as $$
declare
  today date := matricula.moodle_today();
  years text[];
begin
  years := array(
    select lpad(y::text, 4, '0')
    from (select left(min(key), 4)::integer as first, left(max(key), 4)::integer as last from matricula.moodle_course) as k
    cross join lateral generate_series(k.first, k.last) as y
    where today >= case turn when 'hide' then matricula.moodle_day('hide', y + 1)
                             when 'open' then matricula.moodle_day('open', y)
                             when 'delete' then matricula.moodle_deletion_day(y) end);
  return query
    select m.course_id, left(m.key, 4)
    from matricula.moodle_course m
    join mdl_course c on c.id = m.course_id
    where left(m.key, 4) = any (years)
      and case turn when 'hide' then m.season in ('early', 'open')
                    when 'open' then m.season = 'early'
                    when 'delete' then not exists (
                      select from matricula.moodle_deletion d where d.course_id = m.course_id) end
    order by m.course_id
    limit most;
end
$$;

-- Hides or opens up to 500 classrooms whose day has come, each once: what somebody changes afterwards is his. Answers how
-- many have changed; null: none is due. What is in a category that somebody has hidden stays hidden with it.
create or replace function matricula.moodle_turn(turn text) returns bigint language plpgsql as $$
declare
  due     bigint[];
  changed bigint;
begin
  if not exists (select from matricula.moodle_due(turn, 1)) then
    return null;
  end if;
  due := array(
    select c.id from mdl_course c
    where c.id = any (array(select d.course_id from matricula.moodle_due(turn, 500) as d))
    order by c.id
    for update);
  with turning as (
    select c.id, c.visible, c.visibleold, case when turn = 'open' then k.visible else 0 end as new_visible,
           (turn = 'open')::integer as new_visibleold
    from mdl_course c
    join mdl_course_categories k on k.id = c.category
    where c.id = any (due)
      and case when turn = 'open' then c.visible = 0 and c.visibleold = 0 else c.visible = 1 or c.visibleold = 1 end
  ), journaled as (
    insert into matricula.moodle_journal (kind, ref, was, wrote)
    select 'visibility', t.id, jsonb_build_object('visible', t.visible, 'visibleold', t.visibleold),
           jsonb_build_object('visible', t.new_visible, 'visibleold', t.new_visibleold)
    from turning t
  )
  update mdl_course c
  set visible = t.new_visible, visibleold = t.new_visibleold, timemodified = extract(epoch from now())
  from turning t
  where c.id = t.id;
  get diagnostics changed = row_count;
  update matricula.moodle_course m
  set season = case when turn = 'open' then 'open' else 'over' end
  where m.course_id = any (due);
  -- After the courses, as in the steps.
  perform matricula.moodle_note_categories();
  return changed;
end
$$;

-- What is due today, a portion of it: to be called in a transaction of its own, again and again while it says so. Those who
-- may leave after a blackout, or since the setting withdraw says so, a centre's at a time, are put into moodle_released for
-- the steps to look at. Somebody may have approved that the classrooms of a year are deleted, if they are as many as he has
-- seen; where approval was taken back, they are as any other of their year.
drop function if exists matricula.moodle_calendar(boolean);
create or replace function matricula.moodle_calendar(approved_year text, approved_classrooms bigint)
returns table (what text, year text, number bigint, again boolean) language plpgsql as $$
declare
  changed bigint;
  centre  text;
begin
  update matricula.moodle_course m
  set season = 'over'
  where m.season = 'deleting'
    and not exists (select from matricula.moodle_deletion d where d.course_id = m.course_id)
    and exists (select from mdl_course c where c.id = m.course_id);
  changed := matricula.moodle_turn('hide');
  if changed is not null then
    return query select 'hidden', '', changed, true;
    return;
  end if;
  changed := matricula.moodle_turn('open');
  if changed is not null then
    return query select 'opened', '', changed, true;
    return;
  end if;
  if not matricula.moodle_is_blackout() then
    select least((select min(w.centre_code) from matricula.moodle_withdrawal w where w.state = 'blackout'),
                 (select min(w.centre_code) from matricula.moodle_withdrawal w
                  where w.state = 'kept' and s.withdraw <> 'keep'))
    into centre
    from moodle_site s;
    if centre is not null then
      -- As 97_withdrawals_2_lock, and before it: a batch that has this lock may want these rows.
      perform pg_advisory_xact_lock(hashtext('matricula.moodle_withdrawal'));
      return query
        with free as (
          delete from matricula.moodle_withdrawal w
          using moodle_site s
          where w.centre_code = centre and (w.state = 'blackout' or w.state = 'kept' and s.withdraw <> 'keep')
          returning w.person_id, w.course_id, w.state
        ), released as (
          insert into moodle_released (classroom_id, person_id)
          select m.classroom_id, f.person_id
          from free f
          join matricula.moodle_classroom m on m.course_id = f.course_id
        )
        select case f.state when 'kept' then 'unkept' else 'released' end, '', count(*), true
        from free f
        group by f.state
        order by f.state;
      if not found then
        return query select 'released', '', 0::bigint, true;  -- a batch has taken them meanwhile
      end if;
      return;
    end if;
  end if;
  if approved_year <> '' then
    return query
      with due as materialized (
        select d.course_id from matricula.moodle_due('delete', null) d where d.year = approved_year
      ), asked as (
        insert into matricula.moodle_deletion (course_id)
        select d.course_id
        from due d
        where (select count(*) from due) = approved_classrooms
        order by d.course_id
        on conflict do nothing
        returning moodle_deletion.course_id
      ), noted as (
        update matricula.moodle_course m
        set season = 'deleting'
        from asked a
        where m.course_id = a.course_id
        returning split_part(m.key, '/', 1) as year
      )
      select 'approved', n.year, count(*), false from noted n group by n.year order by n.year;
  end if;
  return query
    select 'deletable', d.year, count(*), false
    from matricula.moodle_due('delete', null) d
    group by d.year
    order by d.year;
  return query select 'deleting', '', count(*), false from matricula.moodle_deletion having count(*) > 0;
end
$$;

-- Of the fields that were written otherwise than they were before: what they were. None: null.
create or replace function matricula.moodle_back(was jsonb, wrote jsonb) returns jsonb language sql immutable as $$
  select jsonb_object_agg(w.key, w.value) from jsonb_each(was) as w where w.value is distinct from (wrote -> w.key)
$$;

-- Whether one of the fields that are to go back holds something else than what was written: somebody has changed it.
create or replace function matricula.moodle_touched(back jsonb, wrote jsonb, holds jsonb) returns boolean
language sql immutable as $$
  select coalesce(bool_or((holds -> b.key) is distinct from (wrote -> b.key)), false) from jsonb_each(back) as b
$$;

-- What a field holds after an undo: what was there before, or what somebody, or a batch, has made of it meanwhile.
create or replace function matricula.moodle_undone(holds text, wrote text, back text) returns text
language sql immutable as $$
  select case when holds = wrote then coalesce(back, holds) else holds end
$$;

-- What becomes of the things of undo_thing, put into moodle_undo by the next two. Functions and no views: PostgreSQL lets
-- nobody alter a column that a view reads, and Moodle's upgrades do.

-- Who is where: records, and lists of teachers. Whoever has been in a course since he was enrolled may have worked there.
create or replace function matricula.moodle_undo_places() returns void language plpgsql as $$
begin
  insert into moodle_undo (kind, ref, person_id, back, centre, what, id, effect, refused)
  select t.kind, t.ref, t.person_id, t.back, split_part(r.key, '/', 2) as centre,
         case t.kind when 'teaching' then 'teaching' else 'enrolment' end as what,
         concat_ws('/', r.key, replace(replace(p.code, '~', '~0'), '/', '~1'), nullif(t.kind, 'teaching')) as id,
         x.effect,
         case
           when t.is_newer then 'a newer record has come'
           when x.effect = 'withdraw' and x.last_there > extract(epoch from t.first_at)
             then 'the person has been in the course since'
           when x.effect <> 'return' then ''
           when x.status is null and x.suspended > 0 then 'somebody has deleted the enrolment in Moodle'
           when x.status = 1 and not x.is_ours then 'somebody has suspended the enrolment in Moodle'
           else ''
         end as refused
  from (
    select u.*, e.status, e.revision <> u.revision as is_newer
    from undo_thing u
    join enrolment e on e.classroom_id = u.ref and e.person_id = u.person_id and e.role = u.kind
    where u.kind in ('student', 'teacher')
    union all
    select u.*, k.status, jsonb_build_object('status', k.status, 'substitutes', k.substitutes) <> u.wrote
    from undo_thing u
    join teaching k on k.classroom_id = u.ref and k.person_id = u.person_id
    where u.kind = 'teaching'
  ) as t
  join classroom r on r.classroom_id = t.ref
  join person p on p.person_id = t.person_id
  cross join moodle_site s
  left join matricula.moodle_classroom m on m.classroom_id = t.ref
  left join matricula.moodle_course c on c.course_id = m.course_id
  left join matricula.moodle_user a on a.person_id = t.person_id
  cross join lateral (
    select
      case
        when t.status = 'enrolled' and coalesce(t.was ->> 'status', 'withdrawn') = 'withdrawn'
          then case s.withdraw when 'keep' then 'stay' else 'withdraw' end
        when t.status = 'withdrawn' and t.was ->> 'status' = 'enrolled' then 'return'
        else 'forget'
      end as effect,
      (select e.status from mdl_user_enrolments e where e.enrolid = c.enrol_id and e.userid = a.user_id) as status,
      (select count(*) from matricula.moodle_suspended z
       where z.enrol_id = c.enrol_id and z.user_id = a.user_id) as suspended,
      (select count(*) from matricula.moodle_suspended z
       join mdl_user_enrolments e on e.enrolid = z.enrol_id and e.userid = z.user_id
       where z.enrol_id = c.enrol_id and z.user_id = a.user_id and coalesce(z.at, e.timemodified) = e.timemodified) > 0
        as is_ours,
      (select l.timeaccess from mdl_user_lastaccess l
       where l.userid = a.user_id and l.courseid = c.course_id) as last_there
  ) as x;
  -- What came in an earlier portion may be all that is left of him in this one.
  update moodle_undo u
  set refused = 'the person has been in the course since'
  from moodle_undo_staying s
  where u.effect = 'withdraw' and u.refused = '' and s.person_id = u.person_id and s.classroom_id = u.ref;
  -- Who has gone over to another group of a course, and stays in that, does not come back to the one of before.
  update moodle_undo u
  set refused = 'the person stays in another classroom of the course'
  from matricula.moodle_classroom m
  where u.effect = 'return' and u.refused = '' and m.classroom_id = u.ref
    and (
      exists (
        select
        from moodle_undo o
        join matricula.moodle_classroom k on k.classroom_id = o.ref
        where o.effect = 'withdraw' and o.refused <> '' and o.person_id = u.person_id and k.course_id = m.course_id
      )
      or exists (
        select
        from moodle_undo_staying s
        where s.person_id = u.person_id and s.course_id = m.course_id and s.classroom_id <> u.ref
      )
    );
end
$$;

-- Fills moodle_undo_staying, once for an undo, where several classrooms are one course: somebody may have gone over from one to
-- the other by two batches, of which the portions do not know at once.
create or replace function matricula.moodle_undo_stays(first_at timestamptz, before_at timestamptz)
returns void language plpgsql as $$
begin
  if current_setting('matricula.undo_stays', true) is distinct from before_at::text
     and exists (select from matricula.moodle_classroom m group by m.course_id having count(*) > 1) then
    insert into moodle_undo_entry
    select j.*
    from matricula.moodle_journal j
    where j.at >= first_at and j.at < before_at and j.kind in ('student', 'teacher', 'teaching');
    perform matricula.moodle_undo_places();
    insert into moodle_undo_staying
    select distinct u.person_id, k.course_id, u.ref
    from moodle_undo u
    join matricula.moodle_classroom k on k.classroom_id = u.ref
    where u.effect = 'withdraw' and u.refused <> ''
    on conflict do nothing;
    delete from moodle_undo;
    delete from moodle_undo_entry;
  end if;
  perform set_config('matricula.undo_stays', before_at::text, false);
end
$$;

-- What is called or shown how: accounts, courses, groups and categories. A new course in which somebody has been stays.
create or replace function matricula.moodle_undo_names() returns void language plpgsql as $$
begin
  insert into moodle_undo (kind, ref, person_id, back, wrote, centre, what, id, effect, refused)
  select t.kind, t.ref, t.person_id, t.back, t.wrote,
         coalesce((select min(split_part(r.key, '/', 2))
                   from enrolment e
                   join classroom r on r.classroom_id = e.classroom_id
                   where e.person_id = t.ref), '') as centre,
         'account' as what, p.code as id,
         case when t.was is null then 'stay' else 'put back' end as effect,
         case when t.was is not null and (coalesce(u.deleted, 1) = 1
                                          or matricula.moodle_touched(t.back, t.wrote, to_jsonb(u)))
              then 'somebody has changed it in Moodle' else '' end as refused
  from undo_thing t
  join person p on p.person_id = t.ref
  join matricula.moodle_user m on m.person_id = t.ref
  left join mdl_user u on u.id = m.user_id
  where t.kind = 'account' and (t.was is null or t.back is not null)
  union all
  select t.kind, t.ref, t.person_id, t.back, t.wrote, split_part(m.key, '/', 2), t.kind, m.key, 'put back',
         case when matricula.moodle_touched(t.back, t.wrote, to_jsonb(c))
              then 'somebody has changed it in Moodle' else '' end
  from undo_thing t
  join matricula.moodle_course m on m.course_id = t.ref
  left join mdl_course c on c.id = t.ref
  where t.kind in ('course', 'visibility') and t.back is not null
  union all
  select 'visibility', t.ref, t.person_id, '{"visible": 0, "visibleold": 0}', null, split_part(m.key, '/', 2), 'course',
         m.key, 'hide',
         case
           when c.id is null then 'somebody has deleted it in Moodle'
           when (select count(*) from mdl_course_sections x
                 where x.course = c.id and (x.sequence <> '' or x.name <> '' or x.summary <> ''
                                            or x.timemodified <> c.timecreated)) > 0
             or (select count(*) from mdl_enrol i
                 join mdl_user_enrolments e on e.enrolid = i.id
                 where i.courseid = c.id and i.id <> m.enrol_id) > 0
           then 'somebody has worked in it'
           when (select count(*) from mdl_user_lastaccess l where l.courseid between c.id and c.id) > 0
           then 'somebody has been in it'
           else ''
         end
  from undo_thing t
  join matricula.moodle_course m on m.course_id = t.ref
  left join mdl_course c on c.id = t.ref
  where t.kind = 'course' and t.was is null
  union all
  select t.kind, t.ref, t.person_id, t.back, t.wrote, split_part(m.key, '/', 2), 'group', m.key || ': ' || x.code,
         'put back',
         case when matricula.moodle_touched(t.back, t.wrote, to_jsonb(h))
              then 'somebody has changed it in Moodle' else '' end
  from undo_thing t
  join matricula.moodle_group g on g.moodle_group_id = t.ref
  join matricula.moodle_course m on m.course_id = g.course_id
  join school_group x on x.group_id = g.group_id
  left join mdl_groups h on h.id = t.ref
  where t.kind = 'group' and t.back is not null
  union all
  select t.kind, t.ref, t.person_id, t.back, t.wrote, '', 'category', m.key, 'put back',
         case when c.name is distinct from t.wrote ->> 'name' then 'somebody has changed it in Moodle' else '' end
  from undo_thing t
  join matricula.moodle_category m on m.category_id = t.ref
  left join mdl_course_categories c on c.id = t.ref
  where t.kind = 'category' and t.back ? 'name';
end
$$;

-- What has been done from one moment to before another, and can or cannot be put back. If `does`, only of the newest
-- entries of the journal, which are then taken from it; what can be put back is left in moodle_undo for the files
-- undo_….sql: to be called in a transaction of its own, again and again while it says so.
create or replace function matricula.moodle_undo(first_at timestamptz, before_at timestamptz, does boolean)
returns table (centre text, kind text, effect text, id text, refused text, again boolean) language plpgsql as $$
declare
  most    constant bigint := 500;
  entries bigint := 0;
  begins  timestamptz := greatest((select j.at from matricula.moodle_journal j order by j.at limit 1),
                                  now() - (select s.journal_kept from moodle_site s));
begin
  -- Of this the steps know nothing, so that a role that was made for an earlier version may lack it.
  if not has_table_privilege('mdl_user_lastaccess', 'select') then
    perform matricula.moodle_refuse('The role ' || current_user || ' may not see who has been in a course, without which '
      || 'nothing is put back: grant select on mdl_user_lastaccess to ' || quote_ident(current_user));
  end if;
  if first_at >= begins then
    if does then
      perform pg_advisory_xact_lock(hashtext('matricula.moodle_undo'));
      perform matricula.moodle_undo_stays(first_at, before_at);
      with taken as (
        delete from matricula.moodle_journal j
        where j.ctid = any (array(
          select k.ctid
          from matricula.moodle_journal k
          where k.at >= first_at and k.at < before_at and k.kind <> 'begun'
          order by k.at desc, coalesce(k.person_id, -k.id) desc  -- what a batch did to one person is in one portion
          fetch first (most) rows with ties))
        returning j.*
      )
      insert into moodle_undo_entry select * from taken;
      -- In the order of the steps. A batch that brings a newer record of them has done so by now, or waits.
      perform 1
      from (
        select distinct u.ref, u.person_id from moodle_undo_entry u where u.kind = 'teaching' order by u.ref, u.person_id
      ) as t
      join teaching k on k.classroom_id = t.ref and k.person_id = t.person_id
      for no key update of k;
      perform 1
      from (
        select distinct u.ref, u.person_id, u.kind
        from moodle_undo_entry u
        where u.kind in ('student', 'teacher')
        order by u.ref, u.person_id, u.kind
      ) as t
      join enrolment e on e.classroom_id = t.ref and e.person_id = t.person_id and e.role = t.kind
      for no key update of e;
    else
      insert into moodle_undo_entry
      select j.*
      from matricula.moodle_journal j
      where j.at >= first_at and j.at < before_at and j.kind <> 'begun';
    end if;
    select count(*) into entries from moodle_undo_entry;
    perform matricula.moodle_undo_places();
    perform matricula.moodle_undo_names();
  end if;
  return query
    select '', 'journal', 'begins',
           to_char(date_trunc('second', begins at time zone 'UTC') + interval '1 second', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
           '', does and entries >= most;
  return query select u.centre, u.what, u.effect, u.id, u.refused, false from moodle_undo u;
  delete from moodle_undo u where u.refused <> '';
end
$$;

-- For an administrator, by hand: points what is known of a course that was deleted in Moodle at the one that Moodle has
-- restored from a backup, under a number of its own. Its groups are those with the same idnumbers; those that are missing are
-- made, and so is our enrol instance, of `plugin`, which the setting `enrol` names. The records of its classrooms count as not
-- read, so that `matricula replay` fills it. Answers how many they are.
create or replace function matricula.moodle_reconnect(old_course_id bigint, new_course_id bigint,
                                                      plugin text default 'database')
returns bigint language plpgsql as $$
declare
  known     matricula.moodle_course;
  course    record;
  here      record;
  context   bigint := (select x.id from mdl_context x where x.contextlevel = 50 and x.instanceid = new_course_id);
  instance  bigint;
  its_group bigint;
  records   bigint;
begin
  select * into known from matricula.moodle_course m where m.course_id = old_course_id;
  if not found then
    raise exception 'Course % is none that matricula has made', old_course_id;
  end if;
  if exists (select from mdl_course c where c.id = old_course_id) then
    raise exception 'Course % is still in Moodle. Delete it there first, if another one is to stand for it', old_course_id;
  end if;
  select c.id, c.category, c.idnumber into course from mdl_course c where c.id = new_course_id;
  if not found or context is null then
    raise exception 'Course % is not in Moodle, or has no context there', new_course_id;
  end if;
  if exists (select from matricula.moodle_course m where m.course_id = new_course_id) then
    raise exception 'Course % stands for another classroom already', new_course_id;
  end if;
  if course.idnumber not in ('', known.idnumber) then
    raise exception 'Course % has another idnumber (%) than course % had (%). If it is that course all the same, empty its '
      'idnumber in Moodle first', new_course_id, course.idnumber, old_course_id, known.idnumber;
  end if;
  if plugin !~ '^[a-z][a-z0-9_]{0,19}$' or plugin in ('manual', 'category', 'cohort', 'meta', 'guest', 'self') then
    raise exception 'The plugin is to be the one that the setting enrol names, such as database';
  end if;

  -- In the order of the steps: a batch that is bringing some of them goes first.
  perform 1
  from matricula.moodle_classroom m
  join classrooms.enrolment e on e.classroom_id = m.classroom_id
  where m.course_id = old_course_id
  order by e.classroom_id, e.person_id, e.role
  for no key update of e;
  -- The newest message of each is newer than that, and no older one is.
  update classrooms.enrolment e
  set content_hash = 0, revision = revision - 1
  from matricula.moodle_classroom m
  where m.course_id = old_course_id and e.classroom_id = m.classroom_id;
  get diagnostics records = row_count;

  instance := (select (array_agg(i.id order by i.id))[1] from mdl_enrol i
               where i.courseid = new_course_id and i.enrol = plugin);
  if instance is null then
    insert into mdl_enrol (enrol, courseid, sortorder, roleid, expirythreshold, timecreated, timemodified)
    values (plugin, new_course_id, (select coalesce(max(i.sortorder) + 1, 0) from mdl_enrol i where i.courseid = new_course_id),
            (select r.id from mdl_role r where r.shortname = 'student'), 86400, extract(epoch from now()),
            extract(epoch from now()))
    returning id into instance;
  end if;
  -- Whom the restoring has left suspended, nobody else has suspended.
  delete from matricula.moodle_suspended x where x.enrol_id = known.enrol_id;
  insert into matricula.moodle_suspended (enrol_id, user_id, at)
  select e.enrolid, e.userid, e.timemodified from mdl_user_enrolments e where e.enrolid = instance and e.status = 1
  on conflict do nothing;
  delete from matricula.moodle_withdrawal w where w.enrol_id = known.enrol_id;
  delete from matricula.moodle_deletion d where d.course_id = old_course_id;

  for here in
    select distinct r.group_id, left(x.code, 100) as idnumber, coalesce(g.name, left(x.name, 254)) as name
    from matricula.moodle_classroom m
    join classrooms.classroom r on r.classroom_id = m.classroom_id
    join classrooms.school_group x on x.group_id = r.group_id
    left join matricula.moodle_group g on g.course_id = m.course_id and g.group_id = r.group_id
    where m.course_id = old_course_id
    order by r.group_id
  loop
    its_group := (
      select (array_agg(o.id order by o.id))[1] from mdl_groups o
      where o.courseid = new_course_id and o.idnumber = here.idnumber and here.idnumber <> '');
    if its_group is null then
      insert into mdl_groups (courseid, idnumber, name, descriptionformat, timecreated, timemodified)
      values (new_course_id, here.idnumber, here.name, 1, extract(epoch from now()), extract(epoch from now()))
      returning id into its_group;
    end if;
    delete from matricula.moodle_group g where g.course_id = old_course_id and g.group_id = here.group_id;
    insert into matricula.moodle_group (course_id, group_id, moodle_group_id, name)
    values (new_course_id, here.group_id, its_group, here.name);
    update matricula.moodle_classroom m
    set course_id = new_course_id, moodle_group_id = its_group
    from classrooms.classroom r
    where m.course_id = old_course_id and r.classroom_id = m.classroom_id and r.group_id = here.group_id;
  end loop;
  delete from matricula.moodle_group g where g.course_id = old_course_id;
  update matricula.moodle_course m
  set course_id = new_course_id, context_id = context, enrol_id = instance, category_id = course.category
  where m.course_id = old_course_id;
  insert into matricula.moodle_change (kind, ref, at) values ('groups', new_course_id, now())
  on conflict (kind, ref) do update set at = excluded.at;
  return records;
end
$$;
