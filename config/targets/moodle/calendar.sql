-- SPDX-License-Identifier: Apache-2.0
-- What the topology's calendar makes due today, a portion of it.
select what, year, number, again
from matricula.moodle_calendar(current_setting('matricula.deletion_year'),
                               current_setting('matricula.deletion_classrooms')::bigint)
