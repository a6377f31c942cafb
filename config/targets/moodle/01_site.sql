-- SPDX-License-Identifier: Apache-2.0
-- Before anything is written: the record is not to blame, and the site waits until somebody has mended it.
select matricula.moodle_refuse(l.what || '. ' || l.mend) from (select what, mend from moodle_lack limit 1) as l
