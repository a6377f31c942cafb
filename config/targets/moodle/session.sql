-- SPDX-License-Identifier: Apache-2.0
-- Once per connection, after that of `classrooms`: which Moodle this is, and what the topology says of it.

set search_path = classrooms, public;

-- How the steps keep to look-ups, beyond the settings of `classrooms`: of Moodle's tables a join asks for nothing but the
-- row's key, since a plan may begin with any other condition that the statistics call rare, and find millions. Nor is
-- there a look-up by `=` where most rows of Moodle's may hold the same, such as no idnumber: the statistics then call any
-- value common, and a scan cheaper. `between a and a` is always guessed to be rare. A question about another table in a
-- select list is a scalar one, `(select …)`, since `exists` there may read that table as a whole.

do $$
declare
  version numeric;
  wrong   record;
begin
  if to_regclass('mdl_config') is null then
    raise exception 'There is no table mdl_config. Either this database is not that of a Moodle, or its tables begin with '
      'another prefix, which settings of the site can say, or they are in another schema than public, which this target '
      'does not know';
  end if;
  -- As 01_site, before the session is made: each partition's is tried again and again while it lasts.
  if matricula.moodle_is_upgrading() then
    perform matricula.moodle_refuse('Moodle is being upgraded (upgraderunning in mdl_config). The site goes on by itself when '
      'that has ended, or an hour later than it says where it was broken off');
  end if;
  select value::numeric into version from mdl_config where name = 'version';
  -- From 20250415 on it is 5.1, also where that is being developed.
  if version is null or version < 2022112800 or version >= 2025041500 then
    raise exception 'Version % of Moodle is not known to this target, which writes the tables of 4.1 to 5.0. Stop this '
      'site until there is a target for it, or use the target classrooms', coalesce(version, 0);
  end if;
  if replace(current_setting('matricula.categories'), ' ', '') || '/' !~ '^((year|province|centre|course)/)+$' then
    raise exception 'The setting categories names the levels from the top, joined by slashes, each one of year, '
      'province, centre, course';
  end if;
  if current_setting('matricula.sections') !~ '^[0-9]{1,2}$' then
    raise exception 'The setting sections is a number below 100';
  end if;
  if current_setting('matricula.withdraw_ratio_max') !~ '^(0(\.[0-9]+)?|1(\.0+)?)$' then
    raise exception 'The setting withdraw_ratio_max is a part of the people, from 0 to 1, such as 0.05';
  end if;
  if current_setting('matricula.withdraw_people_min') !~ '^[0-9]{1,9}$' then
    raise exception 'The setting withdraw_people_min is a number of people';
  end if;
  if current_setting('matricula.withdraw_window') !~ '^[0-9]{1,4} (hour|day)s?$' then
    raise exception 'The setting withdraw_window is a number of hours or days, such as 24 hours';
  end if;
  if current_setting('matricula.journal_days') !~ '^[1-9][0-9]{0,3}$' then
    raise exception 'The setting journal_days is a number of days, from 1 to 9999';
  end if;
  -- In no more characters than Moodle keeps: what it does not take would look like a fault of the records.
  if current_setting('matricula.lang') !~ '^[a-z0-9_]{1,30}$'
     or current_setting('matricula.course_lang') !~ '^[a-z0-9_]{1,30}$' then
    raise exception 'The settings lang and course_lang are codes of languages as Moodle has them, such as ca_valencia';
  end if;
  if current_setting('matricula.format') !~ '^[a-z][a-z0-9_]{0,20}$' then
    raise exception 'The setting format is a course format as Moodle has it, such as topics';
  end if;
  if current_setting('matricula.auth') !~ '^[a-z][a-z0-9_]{0,19}$'
     or current_setting('matricula.enrol') !~ '^[a-z][a-z0-9_]{0,19}$' then
    raise exception 'The settings auth and enrol are plugins as Moodle has them, such as cas and database';
  end if;
  select t.name, x.braces[1] as placeholder, '{' || array_to_string(t.known, '}, {') || '}' as known into wrong
  from (values
    ('fullname', matricula.moodle_placeholders()), ('shortname', matricula.moodle_placeholders()),
    ('idnumber', matricula.moodle_placeholders()), ('email', array['id'])) as t (name, known)
  cross join lateral regexp_matches(current_setting('matricula.' || t.name), '\{[^{}]*\}?', 'g') as x (braces)
  where x.braces[1] <> all (array(select '{' || k || '}' from unnest(t.known) as k))
  limit 1;
  if found then
    raise exception 'The setting % has %, which is none of %', wrong.name, wrong.placeholder, wrong.known;
  end if;
  select t.name into wrong from (values ('fullname'), ('shortname')) as t (name)
  where current_setting('matricula.classrooms') = 'merged'
    and current_setting('matricula.' || t.name) ~ '\{group\.(code|name)\}'
    and current_setting('matricula.' || t.name) !~ '\{(?!group\.)'
  limit 1;
  if found then
    raise exception 'The setting % names nothing but the group, of which a course of merged groups has nothing to say. Let it '
      'name the subject, too, as {subject.name_val} does', wrong.name;
  end if;
  begin
    perform matricula.moodle_today();
  exception when invalid_parameter_value then
    raise exception 'The time zone of the calendar is none that PostgreSQL knows; one is Europe/Madrid';
  end;
  if current_setting('matricula.enrol') = 'manual' then
    raise exception 'The setting enrol must name a plugin other than manual, whose enrolments are those that teachers '
      'make';
  end if;
  if current_setting('matricula.enrol') in ('category', 'cohort', 'meta', 'guest', 'self') then
    raise exception 'The setting enrol must name a plugin that leaves our enrolments alone, such as database or flatfile. '
      'Of category, cohort and meta Moodle takes those away who are not in the category, cohort or course that they follow, '
      'guest lets everybody in, and by self people go and come as they like';
  end if;
end
$$;

-- One row: Moodle's own numbers, and the settings. Templates are for format(), see 83_classrooms_1_named.
create temporary table moodle_site as
select
  matricula.moodle_config('version') as version,  -- the one that has been looked at above
  (select value::bigint from mdl_config where name = 'mnet_localhost_id') as host_id,
  (select nullif(split_part(value, ',', 1), '')::bigint from mdl_config where name = 'siteadmins') as admin_id,
  (select id from mdl_role where shortname = 'student') as student_role_id,
  (select id from mdl_role where shortname = 'editingteacher') as teacher_role_id,
  (select path from mdl_context where contextlevel = 10) as system_path,
  -- In what steps Moodle sorts categories: 10000, unless its config.php lets them take more courses, as the first of them
  -- tells as soon as Moodle has sorted them since. Where none tells it, new ones may stand among others until Moodle sorts.
  greatest(10000, (select min(sortorder) from mdl_course_categories where parent = 0 and sortorder > 0)) as category_step,
  current_setting('matricula.classrooms') = 'merged' as is_merged,
  string_to_array(replace(current_setting('matricula.categories'), ' ', ''), '/') as categories,
  matricula.moodle_format(current_setting('matricula.fullname'), n.names) as fullname,
  matricula.moodle_format(current_setting('matricula.shortname'), n.names) as shortname,
  matricula.moodle_format(current_setting('matricula.idnumber'), n.names) as idnumber,
  current_setting('matricula.fullname') as fullname_template,
  current_setting('matricula.idnumber') as idnumber_template,
  current_setting('matricula.format') as format,
  current_setting('matricula.sections')::integer as sections,
  coalesce(nullif(current_setting('matricula.course_lang'), 'none'), '') as course_lang,
  -- What Moodle's form and its web services give a new course of which nobody says otherwise.
  case when coalesce(matricula.moodle_config('enablecompletion'), '') in ('', '0') then 0
       else matricula.moodle_course_default('enablecompletion') end as enablecompletion,
  matricula.moodle_course_default('showactivitydates') as showactivitydates,
  matricula.moodle_course_default('showgrades') as showgrades,
  matricula.moodle_course_default('showreports') as showreports,
  matricula.moodle_course_default('maxbytes') as maxbytes,
  coalesce(matricula.moodle_course_default('showcompletionconditions'), 1) as showcompletionconditions,
  coalesce(matricula.moodle_course_default('hiddensections'), 1)::text as hiddensections,
  coalesce(matricula.moodle_course_default('coursedisplay'), 0)::text as coursedisplay,
  matricula.moodle_course_default('groupmode') as groupmode,
  matricula.moodle_course_default('groupmodeforce') as groupmodeforce,
  -- What Moodle gives the manual enrol instance of a new course; by the third 2 is to notify those who are enrolled, too.
  coalesce(matricula.moodle_plugin_number('enrol_manual', 'status'), 0) as manual_status,
  matricula.moodle_plugin_number('enrol_manual', 'roleid') as manual_role_id,
  coalesce(matricula.moodle_plugin_number('enrol_manual', 'expirynotify'), 0) as manual_expirynotify,
  coalesce(matricula.moodle_plugin_number('enrol_manual', 'expirythreshold'), 86400) as manual_expirythreshold,
  coalesce(matricula.moodle_plugin_number('enrol_manual', 'enrolperiod'), 0) as manual_enrolperiod,
  -- What Moodle gives a new account of which nobody says otherwise.
  matricula.moodle_user_default('maildisplay') as maildisplay,
  matricula.moodle_user_default('mailformat') as mailformat,
  matricula.moodle_user_default('maildigest') as maildigest,
  matricula.moodle_user_default('autosubscribe') as autosubscribe,
  matricula.moodle_user_default('trackforums') as trackforums,
  coalesce((regexp_match(matricula.moodle_config('calendartype'), '^[a-z][a-z0-9_]{0,29}$'))[1], 'gregorian') as calendartype,
  coalesce(left(matricula.moodle_config('defaultcity'), 120), '') as city,
  coalesce((regexp_match(matricula.moodle_config('country'), '^[A-Z]{2}$'))[1], '') as country,  -- 0 stands for none
  current_setting('matricula.visible') = 'yes' as is_visible,
  current_setting('matricula.lang') as lang,
  current_setting('matricula.auth') as auth,
  current_setting('matricula.email') as email,
  current_setting('matricula.enrol') as enrol,
  current_setting('matricula.withdraw') as withdraw,
  current_setting('matricula.withdraw_ratio_max')::numeric as withdraw_ratio_max,
  current_setting('matricula.withdraw_people_min')::bigint as withdraw_people_min,
  current_setting('matricula.withdraw_window')::interval as withdraw_window,
  make_interval(days => current_setting('matricula.journal_days')::integer) as journal_kept
from (select matricula.moodle_placeholders() as names) as n;
analyze moodle_site;

-- What of Moodle's own is not there, and what to do: 01_site refuses to write without it, and doctor tells it. Moodle may be
-- upgraded while a connection stands; the next one looks at the version and prepares the steps anew.
create temporary view moodle_lack as
select l.what, l.mend
from moodle_site s
cross join lateral (values
  (1, matricula.moodle_is_upgrading(), 'Moodle is being upgraded (upgraderunning in mdl_config)',
   'The site goes on by itself when that has ended, or an hour later than it says where it was broken off'),
  (2, matricula.moodle_config('version') is distinct from s.version,
   'Moodle has another version than when the site connected', 'The site connects anew, and looks whether it knows it'),
  (3, s.student_role_id is null, 'there is no role with the short name student',
   'Site administration, Users, Define roles, where students have the short name student and teachers editingteacher'),
  (4, s.teacher_role_id is null, 'there is no role with the short name editingteacher',
   'Site administration, Users, Define roles, where students have the short name student and teachers editingteacher'),
  (5, s.admin_id is null, 'siteadmins in mdl_config names no administrator',
   'Site administration, Users, Permissions, Site administrators'),
  (6, s.host_id is null, 'mnet_localhost_id is not in mdl_config',
   'Moodle writes it when it is installed; take it from a copy of this database'),
  (7, s.system_path is null, 'mdl_context has no row for the system, of contextlevel 10',
   'Moodle writes it when it is installed; take it from a copy of this database')
) as l (place, is_lacking, what, mend)
where l.is_lacking
order by l.place;

-- The classrooms of the batch as they stand, with the course that each is or belongs to and what that is to be called.
create temporary table named_classroom (
  classroom_id bigint  not null,
  revision     bigint  not null,
  is_newest    boolean not null,  -- the batch says so, and no record of before is newer
  year         text    not null,
  centre_code  text    not null,
  centre_name  text    not null,
  course_code  text    not null,
  course_name  text    not null,
  group_id     bigint  not null,
  group_code   text    not null,
  group_name   text    not null,
  course_key   text    not null collate "C",
  fullname     text    not null,
  shortname    text    not null,
  idnumber     text    not null
) on commit delete rows;

create temporary table wanted_category (
  key      text    not null collate "C",
  parent   text    not null collate "C",  -- its key; empty: the top
  depth    integer not null,              -- from 1
  name     text    not null,
  year     text    not null collate "C",  -- of the record that names it so
  revision bigint  not null               -- of that record
) on commit delete rows;

-- Those of them that this batch makes.
create temporary table new_category (
  category_id bigint not null,
  above_id    bigint not null,  -- the nearest above it that the batch does not make; 0: none
  above_path  text   not null   -- of the context of that
) on commit delete rows;

-- A row if what Moodle has in its caches of all categories is no longer so.
create temporary table changed_categories (
  why text not null
) on commit delete rows;

-- The courses that this batch makes, with the numbers that their rows will have.
create temporary table new_course (
  key            text    not null collate "C",
  category_id    bigint  not null,
  category_path  text,              -- of the category's context, as its depth; null: it has none, see 86_categories_lost
  category_depth integer,
  year           text    not null,
  fullname       text    not null,
  shortname      text    not null,
  idnumber       text    not null,
  place          bigint  not null,  -- in its category
  course_id      bigint  not null default nextval('mdl_course_id_seq'),
  context_id     bigint  not null default nextval('mdl_context_id_seq'),
  enrol_id       bigint  not null default nextval('mdl_enrol_id_seq')
) on commit delete rows;

create index on new_course (shortname);
create index on new_course (idnumber);
create index on new_course (course_id);

-- Moodle's groups that this batch makes: one for each of ours in each course.
create temporary table new_group (
  course_id       bigint not null,
  group_id        bigint not null,
  name            text   not null,
  idnumber        text   not null,
  moodle_group_id bigint not null default nextval('mdl_groups_id_seq')
) on commit delete rows;

-- Who was to leave on a day of the calendar's blackout, or under the setting `keep`, which is over: each classroom of the
-- course that it was. And who is to come into a group that 94_groups_found has taken on.
create temporary table moodle_released (
  classroom_id bigint not null,
  person_id    bigint not null
) on commit delete rows;

-- The people whom the batch says something about, classroom by classroom, and whether they belong there now.
create temporary table moodle_place (
  classroom_id    bigint  not null,
  course_id       bigint  not null,
  context_id      bigint  not null,
  enrol_id        bigint  not null,
  moodle_group_id bigint  not null,
  person_id       bigint  not null,
  is_student      boolean not null,  -- of this classroom
  is_teacher      boolean not null,
  component       text    not null,  -- of roles and memberships: the plugin of the course's instance
  is_merged       boolean not null   -- the course is that of several groups; both stay so when a setting changes
) on commit delete rows;

create temporary table new_user (
  person_id  bigint  not null,
  username   text    not null,
  is_back    boolean not null,  -- his account has been deleted, and there is another one of his name
  user_id    bigint  not null default nextval('mdl_user_id_seq'),
  context_id bigint  not null default nextval('mdl_context_id_seq')
) on commit delete rows;

create index on new_user (user_id);

-- The same by course and account, over all classrooms of the course: what Moodle's rows are to say.
create temporary table moodle_member (
  course_id  bigint  not null,
  context_id bigint  not null,
  enrol_id   bigint  not null,
  person_id  bigint  not null,
  user_id    bigint  not null,
  is_student boolean not null,
  is_teacher boolean not null,
  component  text    not null,
  is_merged  boolean not null default false,
  is_held    boolean not null default false,  -- he is to leave, and stays until somebody has decided
  primary key (enrol_id, user_id)
) on commit delete rows;

-- Under which of our instances this batch has changed anything about people, maybe several times.
create temporary table changed_people (
  enrol_id bigint not null
) on commit delete rows;

-- Who is at work in a course and is to leave it.
create temporary table moodle_leaver (
  enrol_id    bigint not null,
  user_id     bigint not null,
  person_id   bigint not null,
  course_id   bigint not null,
  centre_code text   not null collate "C",
  state       text   not null,  -- what becomes of him, see matricula.moodle_withdrawal: done, held, blackout or kept; or moved
  primary key (enrol_id, user_id)
) on commit delete rows;

create index on moodle_leaver (centre_code);

-- Whose open sessions must be looked at again: their users' numbers, as mdl_cache_flags has them.
create temporary table moodle_flag (
  name    text    primary key,
  is_gain boolean not null default false  -- he has merely gained a role: only if he has been in Moodle lately
) on commit delete rows;

-- What an account is to say of somebody, in as many characters as Moodle keeps.
create temporary view wanted_profile as
select
  p.person_id,
  left(matricula.moodle_without_tags(p.name), 100) as firstname,
  left(concat_ws(' ', nullif(matricula.moodle_without_tags(p.surname1), ''),
                 nullif(matricula.moodle_without_tags(p.surname2), '')), 100) as lastname,
  left(coalesce(nullif(p.email, ''), replace(s.email, '{id}', matricula.moodle_username(p.code))), 100) as email,
  left(p.code, 255) as idnumber
from person p
cross join moodle_site s;

create or replace temporary view linked_classroom as select classroom_id, course_id from matricula.moodle_classroom;

-- For matricula undo: what matricula.moodle_undo takes of the journal, and what it makes of it, for the files undo_….sql,
-- which are steps before the steps.
create temporary table moodle_undo_entry (like matricula.moodle_journal) on commit delete rows;

create temporary table moodle_undo (
  kind      text   not null,  -- as in the journal
  ref       bigint not null,
  person_id bigint,
  back      jsonb,            -- what its fields are to be; null: it was not there, or is as it was
  wrote     jsonb,            -- of names and of what the calendar does: as they still stand if nobody has changed them
  centre    text   not null,  -- the rest is what is told
  what      text   not null,
  id        text   not null,
  effect    text   not null,
  refused   text   not null   -- why not; empty: it can be put back
) on commit delete rows;
-- moodle_undo_places looks there for each return, of a whole journal where nothing is written yet.
create index on moodle_undo (person_id) where effect = 'withdraw' and refused <> '';

-- Who stays in a classroom although he has come into it since, whichever portion of the undo it is that he came in.
create temporary table moodle_undo_staying (
  person_id    bigint not null,
  course_id    bigint not null,
  classroom_id bigint not null,
  primary key (person_id, course_id, classroom_id)
);

-- Entry by entry, thing by thing: what it was before the first and what the last has written.
create temporary view undo_thing as
select t.*, case when t.wrote is null then t.was else matricula.moodle_back(t.was, t.wrote) end as back
from (
  select kind, ref, person_id, (array_agg(was order by at, id))[1] as was,
         (array_agg(wrote order by at desc, id desc))[1] as wrote, max(revision) as revision,
         min(at) as first_at
  from moodle_undo_entry
  group by kind, ref, person_id
) as t;
