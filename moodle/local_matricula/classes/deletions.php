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
 * The courses that somebody has approved for deletion.
 *
 * @package    local_matricula
 * @copyright  2026 matricula contributors
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
interface deletions {
    /**
     * Why they cannot be read.
     *
     * @return string|null one of run::NOTPOSTGRES, run::NOTABLE and run::NOPRIVILEGE; null: they can be read
     */
    public function obstacle(): ?string;

    /**
     * Courses that matricula has made and that are to go, those first that nobody has tried to delete for the longest.
     *
     * @param int $max at most so many
     * @return int[]
     */
    public function read(int $max): array;

    /**
     * Remembers that the deletion of a course begins.
     *
     * @param int $courseid
     */
    public function begin(int $courseid): void;

    /**
     * Takes away a course that is gone.
     *
     * @param int $courseid
     */
    public function remove(int $courseid): void;
}
