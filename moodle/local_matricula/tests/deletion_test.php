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

defined('MOODLE_INTERNAL') || die();

require_once(__DIR__ . '/fixtures/courses_in_memory.php');
require_once(__DIR__ . '/fixtures/deletions_in_memory.php');

/**
 * Which courses are deleted, in which order, and that none is lost on the way.
 *
 * @package    local_matricula
 * @category   test
 * @copyright  2026 matricula contributors
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers     \local_matricula\deletion
 */
final class deletion_test extends \basic_testcase {
    /** @var string[] */
    private array $log;

    /** @var deletions_in_memory */
    private deletions_in_memory $deletions;

    /** @var courses_in_memory */
    private courses_in_memory $courses;

    protected function setUp(): void {
        parent::setUp();
        $this->log = [];
        $this->deletions = new deletions_in_memory($this->log);
        $this->courses = new courses_in_memory($this->log);
    }

    /**
     * Courses that are there and are to go.
     *
     * @param int ...$ids
     */
    private function given_courses(int ...$ids): void {
        $this->courses->ids = $ids;
        $this->deletions->rows = array_fill_keys($ids, 0);
    }

    /**
     * Runs it once.
     *
     * @param int $max
     * @return deletion
     */
    private function run_once(int $max = 20): deletion {
        $deletion = new deletion($this->deletions, $this->courses);
        $deletion->run($max);
        return $deletion;
    }

    public function test_nothing_waits(): void {
        $this->assertSame(0, $this->run_once()->deleted);
        $this->assertSame([], $this->log);
    }

    public function test_deletes_a_course_and_then_its_row(): void {
        $this->given_courses(7, 5);
        $this->courses->ids[] = 9;
        $this->assertSame(2, $this->run_once()->deleted);
        $this->assertSame([
            'begin 5', 'delete 5', 'remove 5', 'begin 7', 'delete 7', 'remove 7', 'count anew',
        ], $this->log);
        $this->assertSame([9], array_values($this->courses->ids));
    }

    public function test_deletes_no_more_than_it_may(): void {
        $this->given_courses(...range(1, 5));
        $this->assertSame(2, $this->run_once(2)->deleted);
        $this->assertSame([3, 4, 5], array_keys($this->deletions->rows));
        $this->assertSame(0, $this->run_once(0)->deleted);
        $this->assertSame(3, $this->run_once(20)->deleted);
    }

    public function test_takes_away_the_row_of_a_course_that_is_gone(): void {
        $this->given_courses(5);
        $this->courses->ids = [];
        $this->assertSame(0, $this->run_once()->deleted);
        $this->assertSame(['begin 5', 'remove 5'], $this->log);
    }

    public function test_goes_on_where_it_was_ended_between_the_course_and_its_row(): void {
        $this->given_courses(5);
        $this->courses->delete(5);
        $this->run_once();
        $this->assertSame([], $this->deletions->rows);
    }

    public function test_a_course_that_cannot_be_deleted_holds_up_no_other(): void {
        $this->given_courses(...range(1, 6));
        $this->courses->stubborn = [1 => 'throw', 2 => 'stay'];
        $deletion = $this->run_once(3);
        $this->assertSame(1, $deletion->deleted);
        $this->assertSame(
            [1 => 'a plugin is broken', 2 => 'Moodle has not deleted it'],
            array_map(fn(\Throwable $failure): string => $failure->getMessage(), $deletion->failures)
        );
        $this->assertSame(3, $this->run_once(3)->deleted);
        $this->assertSame([1, 2], array_keys($this->deletions->rows));
        $this->assertCount(2, $this->run_once(3)->failures);
    }
}
