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

namespace local_matricula;

/**
 * Moodle's own functions.
 *
 * @package    local_matricula
 * @copyright  2026 matricula contributors
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class moodle_courses implements courses {
    /** @var \moodle_database */
    private \moodle_database $db;

    /**
     * The courses in a database.
     *
     * @param \moodle_database $db
     */
    public function __construct(\moodle_database $db) {
        $this->db = $db;
    }

    #[\Override]
    public function exists(int $courseid): bool {
        return $this->db->record_exists('course', ['id' => $courseid]);
    }

    // Of course/lib.php delete_course() needs what it does not read itself, and late: without it a course would lose all that
    // belongs to it, and stay. A plugin that breaks on the way may leave a transaction open, in which the next course would be
    // deleted, and come back with it.
    #[\Override]
    public function delete(int $courseid): void {
        global $CFG;
        require_once($CFG->dirroot . '/course/lib.php');
        try {
            delete_course($courseid, false);
        } catch (\Throwable $failure) {
            if ($this->db->is_transaction_started()) {
                $this->db->force_transaction_rollback();
            }
            throw $failure;
        }
    }

    // Whoever calls delete_course() has to do this, as core's own pages and web services do.
    #[\Override]
    public function count_anew(): void {
        fix_course_sortorder();
    }
}
