-- SPDX-License-Identifier: Apache-2.0
insert into changed_categories
select 'made' from (select matricula.moodle_make_categories() as made from wanted_category limit 1) as m where m.made > 0
