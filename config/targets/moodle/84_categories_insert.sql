-- SPDX-License-Identifier: Apache-2.0
-- One batch at a time: several make the same province at the same moment.
select matricula.moodle_make_categories() from wanted_category limit 1
