-- SPDX-License-Identifier: Apache-2.0
-- In a category that somebody has hidden a course is hidden, too, and shows when that does: as Moodle leaves those that it
-- hides with their category. The summary's format is HTML, as of courses that are made by hand: Moodle's editor writes no other.
insert into mdl_course (id, category, sortorder, fullname, shortname, idnumber, summaryformat, format, newsitems,
                        startdate, visible, visibleold, groupmode, groupmodeforce, lang, timecreated, timemodified,
                        cacherev, showcompletionconditions, enablecompletion, showactivitydates, showgrades, showreports,
                        maxbytes)
select n.course_id, n.category_id, c.sortorder + c.coursecount + n.place, n.fullname, n.shortname, n.idnumber, 1,
       s.format, 0, extract(epoch from make_timestamptz(n.year::integer, 9, 1, 0, 0, 0, (select matricula.moodle_timezone()))),
       least(v.visible, c.visible), v.visible, case when s.is_merged then 1 else s.groupmode end,
       case when s.is_merged then 1 else s.groupmodeforce end, s.course_lang, t.now, t.now, t.now,
       case when s.enablecompletion > 0 then s.showcompletionconditions end, s.enablecompletion,
       s.showactivitydates, s.showgrades, s.showreports, s.maxbytes
from new_course n
join mdl_course_categories c on c.id = n.category_id
cross join moodle_site s
cross join lateral (
  select (s.is_visible and matricula.moodle_season(n.year::integer) = 'open')::integer as visible
) as v
cross join (select extract(epoch from now())::bigint as now) as t
order by n.course_id
