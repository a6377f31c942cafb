<?php
// SPDX-License-Identifier: Apache-2.0

use local_matricula\moodle_caches;

/** What Moodle's caches are asked. */
final class caches_test extends PHPUnit\Framework\TestCase {
    protected function setUp(): void {
        cache_helper::$asked = [];
    }

    /** How the event is fired for so many courses. */
    private function event_for(int $courses): string {
        (new moodle_caches())->forget_people(range(1, $courses));
        return end(cache_helper::$asked);
    }

    public function test_names_the_courses_in_which_people_have_changed(): void {
        $this->assertSame('event changesincoursestate :' . implode(',', range(1, 100)), $this->event_for(100));
    }

    /** Moodle keeps the id of each course that is named, until all are. */
    public function test_names_none_of_very_many_courses(): void {
        $this->assertSame('event changesincoursestate', $this->event_for(101));
        $this->assertSame('core/coursecontacts :' . implode(',', range(1, 101)), cache_helper::$asked[0]);
    }
}
