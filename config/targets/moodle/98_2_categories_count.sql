-- SPDX-License-Identifier: Apache-2.0
update mdl_course_categories c
set coursecount = c.coursecount + n.courses
from (select category_id, count(*) as courses from new_course group by category_id) as n
where c.id = n.category_id
