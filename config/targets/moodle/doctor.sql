-- SPDX-License-Identifier: Apache-2.0
-- What stands between this database and a lesson, one row for each thing (docs/targets.md).
with lacking as (
  select 'grant ' || string_agg(p.privilege, ', ' order by p.place) || ' on ' || n.relation as command
  from (values
    ('mdl_config', 'select'), ('mdl_role', 'select'), ('mdl_user_lastaccess', 'select'),
    ('mdl_course_categories', 'select, insert, update'), ('mdl_course', 'select, insert, update'),
    ('mdl_user', 'select, insert, update'), ('mdl_groups', 'select, insert, update'),
    ('mdl_cache_flags', 'select, insert, update'), ('mdl_context', 'select, insert'),
    ('mdl_course_sections', 'select, insert'), ('mdl_course_format_options', 'select, insert'),
    ('mdl_enrol', 'select, insert'), ('mdl_user_enrolments', 'select, insert, update, delete'),
    ('mdl_role_assignments', 'select, insert, update, delete'),
    ('mdl_groups_members', 'select, insert, update, delete')) as n (relation, privileges)
  cross join unnest(string_to_array(n.privileges, ', ')) with ordinality as p (privilege, place)
  where not has_table_privilege(n.relation, p.privilege)
  group by n.relation
  union all
  select 'grant usage on sequence ' || r || '_id_seq'
  from unnest(array['mdl_course_categories', 'mdl_course', 'mdl_user', 'mdl_groups', 'mdl_cache_flags', 'mdl_context',
                    'mdl_course_sections', 'mdl_course_format_options', 'mdl_enrol', 'mdl_user_enrolments',
                    'mdl_role_assignments', 'mdl_groups_members']) as r
  where not has_sequence_privilege(r || '_id_seq', 'usage')
), plugin as (
  select
    has_table_privilege('mdl_config_plugins', 'select') as is_known,
    matricula.moodle_plugin_version('local_matricula') as version,
    (select now() - min(at) from matricula.moodle_change) as waiting
)
select grade, what, mend
from (
  select 1 as place, 'fine' as grade,
         'Moodle ' || (select value from mdl_config where name = 'release') as what, '' as mend
  union all
  select 2, 'wrong', 'the role ' || current_user || ' may not do all that the target does',
         string_agg(command, '; ' order by command) || '; each to ' || quote_ident(current_user)
  from lacking
  having count(*) > 0
  union all
  select 3, 'wrong', 'the enrolment plugin "' || s.enrol || '" is off, so Moodle shows none of our enrolments',
         'Site administration, Plugins, Enrolments, Manage enrol plugins: switch it on, or name another in the setting '
           'enrol'
  from moodle_site s
  where s.enrol <> all (string_to_array((select value from mdl_config where name = 'enrol_plugins_enabled'), ','))
  union all
  select 3, 'wrong', 'the enrolment plugin "' || i.enrol || '" is off, so Moodle shows none of our enrolments in ' ||
           count(*) || ' courses that were made with it: ' ||
           array_to_string((array_agg(c.course_id order by c.course_id))[:5], ', ') ||
           case when count(*) > 5 then ', …' else '' end,
         'Site administration, Plugins, Enrolments, Manage enrol plugins: switch it on; another in the setting enrol is for '
           'new courses'
  from moodle_site s
  cross join matricula.moodle_course c
  join mdl_enrol i on i.id = c.enrol_id
  where i.enrol <> s.enrol
    and i.enrol <> all (string_to_array((select value from mdl_config where name = 'enrol_plugins_enabled'), ','))
  group by i.enrol
  union all
  select 3, 'wrong', 'the enrolment plugin "database" has an external database of its own, so Moodle takes away whom that does '
           'not name from ' || case when used.courses > 0 then used.courses || ' of our courses' else 'our courses' end,
         'Site administration, Plugins, Enrolments, External database: empty "Remote user enrolment table" '
           '(remoteenroltable), or, before there are courses, name another plugin in the setting enrol, such as flatfile'
  from moodle_site s
  cross join (
    select count(*) as courses
    from matricula.moodle_course c
    join mdl_enrol i on i.id = c.enrol_id
    where i.enrol = 'database'
  ) as used
  where (s.enrol = 'database' or used.courses > 0)
    and matricula.moodle_plugin_setting('enrol_database', 'dbtype') <> ''
    and matricula.moodle_plugin_setting('enrol_database', 'remoteenroltable') <> ''
  union all
  select 3, 'wrong', count(*) || ' of our courses have our enrol instance no more, or switched off, so that nobody is enrolled by it: '
           ||
           array_to_string((array_agg(c.course_id order by c.course_id))[:5], ', ') ||
           case when count(*) > 5 then ', …' else '' end,
         'Switch it on in the course, Participants, Enrolment methods; one that was deleted is not made again. Teachers may do '
           'both where their role has enrol/…:config of that plugin, as that of "database" gives it them: take it away'
  from matricula.moodle_course c
  join mdl_course k on k.id = c.course_id
  left join mdl_enrol i on i.id = c.enrol_id
  where coalesce(i.status, 1) <> 0 and c.season in ('early', 'open')
  having count(*) > 0
  union all
  select 3, 'wrong', count(*) || ' of our groups are in Moodle no more, so that nobody comes into them: in course ' ||
           array_to_string((array_agg(distinct g.course_id order by g.course_id))[:5], ', ') ||
           case when count(distinct g.course_id) > 5 then ', …' else '' end,
         'Make one in the course, Participants, Groups, with the group''s code in ITACA as its ID number: the next record of '
           'the classroom takes it on, with all its pupils. matricula.moodle_notice has those of which a record has come '
           '(group_deleted)'
  from matricula.moodle_group g
  join matricula.moodle_course c on c.course_id = g.course_id
  join mdl_course k on k.id = g.course_id
  left join mdl_groups o on o.id = g.moodle_group_id
  where o.id is null and c.season in ('early', 'open')
  having count(*) > 0
  union all
  select 4, 'wrong', 'the authentication plugin "' || s.auth || '" is off, so nobody with a new account can log in',
         'Site administration, Plugins, Authentication, Manage authentication: switch it on, or name another in the '
           'setting auth'
  from moodle_site s
  where s.auth <> all (string_to_array((select value from mdl_config where name = 'auth'), ',')
                       || array['manual', 'nologin'])
  union all
  select 4, 'late', 'accounts that are made with the authentication "manual" have no password, so nobody can log in with them',
         'Give each of them one in Moodle, or name a plugin in the setting auth that has passwords elsewhere, such as cas'
  from moodle_site s
  where s.auth = 'manual'
  union all
  select 5, 'wrong', what, mend from moodle_lack
  union all
  select 5, 'late', 'the course format "' || s.format || '" is not installed, so Moodle shows new courses in its own default',
         'Install the plugin format_' || s.format || ', or name another in the setting format'
  from moodle_site s
  cross join plugin p
  where p.is_known and matricula.moodle_plugin_version('format_' || s.format) is null
  union all
  select 6, 'late',
         'Moodle''s plugin local_matricula is not installed: groups, and courses in a category''s list that are new there or '
           'that the calendar has hidden or opened, appear when Moodle''s caches go; a new category in the lists of others, and '
           'who joins or leaves a group, for activities restricted to it, only when somebody clears them, since those caches '
           'have no limit of time',
         'Copy moodle/local_matricula to local/matricula of the site and run admin/cli/upgrade.php; without it, run Moodle''s '
           'admin/cli/purge_caches.php at least once the site has been filled'
  from plugin
  where is_known and version is null
  union all
  select 6, 'late',
         'the role ' || current_user || ' may not see whether Moodle''s plugin local_matricula is installed',
         'grant select on mdl_config_plugins to ' || quote_ident(current_user)
  from plugin
  where not is_known
  union all
  select 7, case when waiting > interval '10 minutes' then 'late' else 'fine' end,
         'Moodle''s plugin local_matricula, version ' || version ||
           case when waiting > interval '10 minutes'
                then ', has left changes alone for ' || date_trunc('minute', waiting) else '' end,
         case when waiting > interval '10 minutes'
              then 'Does Moodle''s cron run, is the plugin''s task on, may Moodle''s role read and delete '
                   'matricula.moodle_change, and is the plugin the one that came with this matricula?' else '' end
  from plugin
  where version is not null
  union all
  select 8, 'late', count(*) || ' notices, the last of ' || to_char(max(at), 'YYYY-MM-DD') || ': ' ||
           string_agg(distinct kind, ', '),
         'select * from matricula.moodle_notice tells which; delete what has been seen to'
  from matricula.moodle_notice
  having count(*) > 0
  union all
  select 9, 'late', count(*) || ' classrooms wait to be deleted, the first since ' || to_char(min(asked_at), 'YYYY-MM-DD'),
         'Moodle''s plugin local_matricula deletes them, from its version 2026112500 on: is its task on, and may Moodle''s '
           'role read and delete matricula.moodle_deletion?'
  from matricula.moodle_deletion
  having min(asked_at) < now() - interval '7 days'
) as things
order by place, what
