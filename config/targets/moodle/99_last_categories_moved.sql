-- SPDX-License-Identifier: Apache-2.0
-- Whoever has moved or deleted a category since 84 and 85 has not seen what the batch makes in it, whose context would stand
-- where there is none any more: it is made anew. After all that waits for others.
select matricula.moodle_try_again('somebody has moved or deleted a category in Moodle meanwhile')
from (
  select category_id, category_path as path from new_course
  union
  select above_id, above_path from new_category where above_id <> 0
) as n
where (select count(*) from mdl_course_categories c where c.id = n.category_id) = 0
   or (select x.path from mdl_context x where x.contextlevel = 40 and x.instanceid = n.category_id)
      is distinct from n.path
limit 1
