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
 * What can be invalidated. Each call throws where Moodle does. Of a store that it cannot reach, Moodle may say nothing: it
 * goes on without it.
 *
 * @package    local_matricula
 * @copyright  2026 matricula contributors
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
interface caches {
    /**
     * Empties all caches that are to be emptied on an event.
     *
     * @param string $event such as changesincourse
     */
    public function purge_by_event(string $event): void;

    /**
     * Forgets the groups of courses.
     *
     * @param int[] $courseids
     */
    public function forget_groups(array $courseids): void;

    /**
     * Forgets which groups users belong to.
     *
     * @param int[] $userids
     */
    public function forget_memberships(array $userids): void;

    /**
     * Forgets whom courses name as their teachers, and what their pages show to whom.
     *
     * @param int[] $courseids
     */
    public function forget_people(array $courseids): void;
}
