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
 * The changes that wait for their caches to be invalidated.
 *
 * @package    local_matricula
 * @copyright  2026 matricula contributors
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
interface changes {
    /**
     * Why the changes cannot be read at all.
     *
     * @return string|null one of run::NOTPOSTGRES, run::NOTABLE and run::NOPRIVILEGE; null: they can be read
     */
    public function obstacle(): ?string;

    /**
     * Changes in the order of kind and ref.
     *
     * @param change|null $after begins behind this one; null: at the first
     * @param int $max at most so many
     * @return change[]
     */
    public function read(?change $after, int $max): array;

    /**
     * Takes away what has been invalidated. One that has been renewed since it was read stays.
     *
     * @param change[] $changes as read() has given them
     */
    public function remove(array $changes): void;
}
