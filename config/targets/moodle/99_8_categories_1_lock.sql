-- SPDX-License-Identifier: Apache-2.0
-- One batch after the other, so that each count sees the courses of those before; and nobody hides, moves or deletes them.
select c.id
from (select distinct category_id from new_course) as n
join mdl_course_categories c on c.id = n.category_id
order by c.id
for no key update of c
