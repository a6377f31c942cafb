-- SPDX-License-Identifier: Apache-2.0
-- What is above the categories in which something is new: nobody hides or moves it from here to the commit. Moodle changes the
-- category first and then looks for what is below it, so that it waits here, and then sees what the batch has made.
select c.id
from (
  select distinct a.id::bigint as id
  from (select category_id from new_course union select category_id from new_category) as n
  join mdl_course_categories k on k.id = n.category_id
  cross join lateral unnest(string_to_array(k.path, '/')) as a (id)
  where a.id ~ '^[0-9]{1,18}$' and a.id <> k.id::text
) as above
join mdl_course_categories c on c.id = above.id
order by c.id
for share of c
