<?php
// This file is part of Moodle - http://moodle.org/
//
// Moodle is free software: you can redistribute it and/or modify
// it under the terms of the GNU General Public License as published by
// the Free Software Foundation, either version 3 of the License, or
// (at your option) any later version.
//
// Moodle is distributed in the hope that it will be useful,
// but WITHOUT ANY WARRANTY; without even the implied warranty of
// MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
// GNU General Public License for more details.
//
// You should have received a copy of the GNU General Public License
// along with Moodle.  If not, see <http://www.gnu.org/licenses/>.

namespace local_matricula\task;

use local_matricula\deletion;
use local_matricula\deletions_table;
use local_matricula\moodle_courses;
use local_matricula\run;

/**
 * The scheduled task: deletes some of the courses that matricula has made and that somebody has approved for deletion.
 *
 * @package    local_matricula
 * @copyright  2026 matricula contributors
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class delete_courses extends \core\task\scheduled_task {
    #[\Override]
    public function get_name() {
        return get_string('deletiontaskname', 'local_matricula');
    }

    #[\Override]
    public function execute() {
        global $DB;
        $deletions = new deletions_table($DB);
        $obstacle = $deletions->obstacle();
        if ($obstacle !== null) {
            // That matricula has never run here is for the other task to tell.
            if ($obstacle === run::NOPRIVILEGE) {
                mtrace(get_string('deletionnoprivilege', 'local_matricula', deletions_table::grants()));
            }
            return;
        }
        $max = get_config('local_matricula', 'deletionsmax');
        $deletion = new deletion($deletions, new moodle_courses($DB));
        $deletion->run($max === false || $max === '' ? deletion::COURSES_MAX : (int) $max);
        if ($deletion->deleted) {
            mtrace(get_string('deletionsummary', 'local_matricula', $deletion->deleted));
        }
        foreach ($deletion->failures as $courseid => $failure) {
            mtrace("course $courseid: " . $failure->getMessage());
        }
        // While some can be deleted, others that cannot must not make Moodle wait longer and longer.
        if ($deletion->failures && !$deletion->deleted) {
            throw reset($deletion->failures);
        }
    }
}
