-- SPDX-License-Identifier: Apache-2.0
-- Whoever has hidden or shown a category since 84 and 88 has not seen what the batch makes in it: that is as the category now.
with shown as (
  update mdl_course_categories c
  set visible = least(c.visibleold, k.visible)
  from new_category n
  join mdl_course_categories k on k.id = n.above_id
  where c.id = n.category_id and c.visible <> least(c.visibleold, k.visible)
)
update mdl_course c
set visible = least(c.visibleold, k.visible)
from new_course n
left join new_category w on w.category_id = n.category_id
join mdl_course_categories k on k.id = coalesce(w.above_id, n.category_id)
where c.id = n.course_id and c.visible <> least(c.visibleold, k.visible)
