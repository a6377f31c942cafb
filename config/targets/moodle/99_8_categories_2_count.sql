-- SPDX-License-Identifier: Apache-2.0
-- Counted anew, as Moodle does, whose own count may have missed the courses of a batch that was under way.
update mdl_course_categories c
set coursecount = (select count(*) from mdl_course k where k.category between c.id and c.id)
from (select distinct category_id from new_course) as n
where c.id = n.category_id
