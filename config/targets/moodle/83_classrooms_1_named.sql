-- SPDX-License-Identifier: Apache-2.0
-- A classroom that has its course keeps it, and the templates of its names, whatever the settings say of new ones. Where
-- groups are merged, names have nothing to say of a group. What empty texts leave between, at both ends, goes; where nothing
-- is left, the key is the name. A centre may have several flavours, and a classroom has that of its records; so it is with the
-- centre's name, of which the table has the newest, of whatever year.
insert into named_classroom
select
  r.classroom_id, r.revision, v.is_newest, g.year, c.code, v.centre_name, r.course_code, r.course_name, g.group_id, g.code,
  left(g.name, 254),
  k.key,
  left(coalesce(nullif(btrim(format(f.fullname, variadic t.texts), ' ·/-'), ''), k.key), 254),
  left(coalesce(nullif(btrim(format(s.shortname, variadic t.texts), ' ·/-'), ''), k.key), 200),
  left(btrim(format(f.idnumber, variadic t.texts), ' ·/-'), 100)
from newest_classroom n
join classroom r on r.key = n.classroom
join school_group g on g.group_id = r.group_id
join centre c on c.centre_id = g.centre_id
cross join moodle_site s
left join matricula.moodle_classroom x on x.classroom_id = r.classroom_id
left join matricula.moodle_course m on m.course_id = x.course_id
cross join lateral (
  select coalesce(m.key, case when s.is_merged then left(r.key, -1 - length(split_part(r.key, '/', 5)))
                              else r.key end) as key
) as k
cross join lateral (
  select n.revision >= r.revision as is_newest,
         case when n.revision >= r.revision then n.centre_name else c.name end as centre_name
) as v
cross join lateral (
  select array[g.year, c.code, v.centre_name, n.flavour, r.course_code, r.course_name, r.subject_code, r.subject_name_val,
               r.subject_name_cas, case when k.key = r.key then g.code else '' end,
               case when k.key = r.key then g.name else '' end] as texts
) as t
left join matricula.moodle_course o on o.key = k.key
cross join lateral (
  select case when coalesce(o.fullname_template, s.fullname_template) = s.fullname_template then s.fullname
              else matricula.moodle_format(o.fullname_template, matricula.moodle_placeholders()) end as fullname,
         case when coalesce(o.idnumber_template, s.idnumber_template) = s.idnumber_template then s.idnumber
              else matricula.moodle_format(o.idnumber_template, matricula.moodle_placeholders()) end as idnumber
) as f
