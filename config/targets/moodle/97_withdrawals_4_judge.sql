-- SPDX-License-Identifier: Apache-2.0
select matricula.moodle_judge() from moodle_leaver where state = 'done' limit 1
