-- SPDX-License-Identifier: Apache-2.0
-- A category that has lost its context: no record is to blame, and the site waits.
select matricula.moodle_refuse_category(n.category_id) from new_course n where n.category_path is null limit 1
