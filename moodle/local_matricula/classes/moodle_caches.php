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
 * Moodle's own caches.
 *
 * @package    local_matricula
 * @copyright  2026 matricula contributors
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class moodle_caches implements caches {
    /** @var int For more courses at once an event is for all: Moodle keeps each id that one names, until its next purge. */
    private const EVENT_IDS_MAX = 100;

    #[\Override]
    public function purge_by_event(string $event): void {
        \cache_helper::purge_by_event($event);
    }

    // Not core/coursehiddengroups, which core renews here too: it counts the groups that are not visible to all, and
    // matricula makes none of these. Where it is missing, core takes it for 0 once, and would show hidden groups.
    #[\Override]
    public function forget_groups(array $courseids): void {
        \cache_helper::invalidate_by_definition('core', 'groupdata', [], $courseids);
    }

    #[\Override]
    public function forget_memberships(array $userids): void {
        \cache_helper::invalidate_by_definition('core', 'user_group_groupings', [], $userids);
    }

    // The event is core/courseeditorstate's, which core fires itself, since 4.5 at the latest, when somebody joins or leaves a
    // group. Where no cache listens to it, it does nothing.
    #[\Override]
    public function forget_people(array $courseids): void {
        \cache_helper::invalidate_by_definition('core', 'coursecontacts', [], $courseids);
        if (count($courseids) > self::EVENT_IDS_MAX) {
            $this->purge_by_event('changesincoursestate');
        } else {
            \cache_helper::invalidate_by_event('changesincoursestate', $courseids);
        }
    }
}
