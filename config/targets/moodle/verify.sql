-- SPDX-License-Identifier: Apache-2.0
-- Every record that the site holds, and whether Moodle's own rows say so: enrolled is who has an account, an active enrolment
-- under an instance that nobody has switched off and his role in the course, and a student his place in the group. A suspended
-- account counts as any other: that it may not log in is the site's decision, and of no course. A record whose course is gone
-- is missing. Of a teacher who has been withdrawn Moodle cannot tell whether he stays by another record, or in a classroom's
-- list of teachers; he counts as it stands in the tables of `classrooms`. So does everybody of a classroom that was deleted as
-- somebody had approved, and who has left a classroom where somebody else stays who has the same account. Of a list of
-- teachers nothing is looked for in Moodle. `held`: why somebody who is withdrawn is still there, in the course or, during a
-- blackout, in a group of a merged one.
select
  r.key, r.classroom, r.key_hash, r.content_hash, r.revision, r.year,
  case
    when k.id is null then r.status
    when r.status = 'withdrawn' and (r.role = 'teacher' or current_setting('matricula.withdraw') = 'keep') then r.status
    when r.status = 'withdrawn' and exists (
      select from matricula.moodle_user o
      join classrooms.enrolment e on e.person_id = o.person_id
      where o.user_id = u.user_id and e.classroom_id = r.id_of_classroom and e.role = 'student' and e.status = 'enrolled'
    ) then r.status
    when a.deleted <> 1
      and exists (
        select from mdl_user_enrolments e
        join mdl_enrol i on i.id = e.enrolid
        where e.enrolid = c.enrol_id and e.userid = u.user_id and e.status = 0 and i.status = 0
      )
      and exists (
        select from mdl_role_assignments x
        join mdl_role o on o.id = x.roleid
        where x.userid = u.user_id and x.contextid = c.context_id
          and o.shortname = case r.role when 'teacher' then 'editingteacher' else 'student' end
      )
      and (r.role = 'teacher' or exists (
        select from mdl_groups_members g
        where g.userid = u.user_id and g.groupid = m.moodle_group_id
      ))
    then 'enrolled'
    else 'withdrawn'
  end as status,
  r.since, r.role, r.centre_code, r.centre_name, r.flavour, r.course_code, r.course_name, r.subject_code,
  r.subject_name_val, r.subject_name_cas, r.group_code, r.group_name, r.group_tutor, r.person_id, r.person_name,
  r.person_surname1, r.person_surname2, r.person_email, r.person_born, r.teachers, r.timetable,
  case when r.status = 'withdrawn' and k.id is not null and a.deleted <> 1 then w.state end as held
from classrooms.record r
join matricula.moodle_classroom m on m.classroom_id = r.id_of_classroom
join matricula.moodle_course c on c.course_id = m.course_id
left join mdl_course k on k.id = c.course_id
left join matricula.moodle_user u on u.person_id = r.id_of_person
left join mdl_user a on a.id = u.user_id
left join matricula.moodle_withdrawal w
  on w.enrol_id = c.enrol_id and w.user_id = u.user_id and w.state in ('held', 'rejected', 'blackout', 'kept')
where k.id is not null or c.season = 'deleting'
