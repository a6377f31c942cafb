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
 * Moodle's courses, for whoever deletes some of them.
 *
 * @package    local_matricula
 * @copyright  2026 matricula contributors
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
interface courses {
    /**
     * Whether there is such a course.
     *
     * @param int $courseid
     * @return bool
     */
    public function exists(int $courseid): bool;

    /**
     * Deletes a course and all that belongs to it. One that was half deleted may be deleted again.
     *
     * @param int $courseid
     */
    public function delete(int $courseid): void;

    /**
     * Counts the courses of the categories anew, after some have been deleted.
     */
    public function count_anew(): void;
}
