-- SPDX-License-Identifier: Apache-2.0
-- What belongs to a course from its beginning: its context, its sections, its format's options and two ways to be
-- enrolled, ours and Moodle's own, for those whom a teacher enrols by hand, as the site has that for new courses.
with context as (
  insert into mdl_context (id, contextlevel, instanceid, path, depth)
  select context_id, 50, course_id, category_path || '/' || context_id, category_depth + 1 from new_course
), section as (
  insert into mdl_course_sections (course, section, summary, summaryformat, sequence, timemodified)
  select n.course_id, number, '', 1, '', extract(epoch from now())
  from new_course n
  cross join moodle_site s
  cross join lateral generate_series(0, s.sections) as number
), option as (
  insert into mdl_course_format_options (courseid, format, sectionid, name, value)
  select n.course_id, s.format, 0, o.name, o.value
  from new_course n
  cross join moodle_site s
  cross join lateral (values ('hiddensections', s.hiddensections), ('coursedisplay', s.coursedisplay)) as o (name, value)
  where s.format in ('topics', 'weeks')
), enrol as (
  insert into mdl_enrol (id, enrol, courseid, sortorder, status, roleid, enrolperiod, expirynotify, notifyall,
                         expirythreshold, timecreated, timemodified)
  select i.id, i.enrol, n.course_id, i.sortorder, i.status, i.roleid, i.enrolperiod, least(i.expirynotify, 1),
         (i.expirynotify = 2)::integer, i.expirythreshold, extract(epoch from now()), extract(epoch from now())
  from new_course n
  cross join moodle_site s
  cross join lateral (
    values (n.enrol_id, s.enrol, 0, 0, s.student_role_id, 0, 0, 86400),
           (nextval('mdl_enrol_id_seq'), 'manual', 1, s.manual_status, coalesce(s.manual_role_id, s.student_role_id),
            s.manual_enrolperiod, s.manual_expirynotify, s.manual_expirythreshold)
  ) as i (id, enrol, sortorder, status, roleid, enrolperiod, expirynotify, expirythreshold)
), changed as (
  insert into changed_categories select 'courses' from new_course
)
insert into matricula.moodle_course (key, course_id, context_id, enrol_id, category_id, fullname, shortname, idnumber,
                                     season, fullname_template, idnumber_template)
select n.key, n.course_id, n.context_id, n.enrol_id, n.category_id, n.fullname, n.shortname, n.idnumber,
       case when s.is_visible then matricula.moodle_season(n.year::integer) else 'open' end,
       s.fullname_template, s.idnumber_template
from new_course n
cross join moodle_site s
