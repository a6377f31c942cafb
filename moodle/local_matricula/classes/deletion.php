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
 * Deletes some of the courses that wait for it.
 *
 * A course first, then its row: whatever ends it in between, the row is there, and the next run takes it away or goes on
 * with what is left of the course. A course that cannot be deleted does not hold up the others.
 *
 * @package    local_matricula
 * @copyright  2026 matricula contributors
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class deletion {
    /** @var int How many courses a run deletes unless the setting says otherwise. */
    public const COURSES_MAX = 20;

    /** @var int How many have been deleted. */
    public int $deleted = 0;

    /** @var \Throwable[] Why a course could not be deleted, by its number. */
    public array $failures = [];

    /** @var deletions */
    private deletions $deletions;

    /** @var courses */
    private courses $courses;

    /**
     * Made ready to run.
     *
     * @param deletions $deletions
     * @param courses $courses
     */
    public function __construct(deletions $deletions, courses $courses) {
        $this->deletions = $deletions;
        $this->courses = $courses;
    }

    /**
     * Deletes up to so many courses.
     *
     * @param int $max
     */
    public function run(int $max): void {
        foreach ($max > 0 ? $this->deletions->read($max) : [] as $courseid) {
            $this->deletions->begin($courseid);
            try {
                $this->delete($courseid);
            } catch (\Throwable $failure) {
                $this->failures[$courseid] = $failure;
            }
        }
        if ($this->deleted) {
            $this->courses->count_anew();
        }
    }

    /**
     * One course, which somebody may have deleted already.
     *
     * @param int $courseid
     */
    private function delete(int $courseid): void {
        if ($this->courses->exists($courseid)) {
            $this->courses->delete($courseid);
            if ($this->courses->exists($courseid)) {
                throw new \RuntimeException('Moodle has not deleted it');
            }
            $this->deleted++;
        }
        $this->deletions->remove($courseid);
    }
}
