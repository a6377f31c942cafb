-- SPDX-License-Identifier: Apache-2.0
-- A category that has lost its context: no record is to blame, and the site waits. One that somebody has deleted since 84 is
-- made anew.
select case when (select count(*) from mdl_course_categories c where c.id = n.category_id) > 0
            then matricula.moodle_refuse_category(n.category_id)
            else matricula.moodle_try_again('somebody has deleted a category in Moodle meanwhile') end
from new_course n
where n.category_path is null
limit 1
