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

require_once(__DIR__ . '/fixtures/caches_in_memory.php');
require_once(__DIR__ . '/fixtures/changes_in_memory.php');

/**
 * What is invalidated, in which order, and that no change is lost on the way.
 *
 * @package    local_matricula
 * @category   test
 * @copyright  2026 matricula contributors
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers     \local_matricula\invalidation
 * @covers     \local_matricula\run
 */
final class invalidation_test extends \basic_testcase {
    /** @var string[] */
    private array $log;

    /** @var changes_in_memory */
    private changes_in_memory $changes;

    /** @var caches_in_memory */
    private caches_in_memory $caches;

    /** @var float What the clock shows. */
    private float $now;

    protected function setUp(): void {
        parent::setUp();
        $this->log = [];
        $this->changes = new changes_in_memory($this->log);
        $this->caches = new caches_in_memory($this->log);
        $this->now = 1000.0;
    }

    /**
     * Runs it once.
     *
     * @param float $secondsmax
     * @return run
     */
    private function run_once(float $secondsmax = 10): run {
        $clock = fn(): float => $this->now;
        return (new invalidation($this->changes, $this->caches, $clock))->run(run::BYTASK, $secondsmax);
    }

    public function test_does_nothing_where_nothing_waits(): void {
        $run = $this->run_once();
        $this->assertSame(run::DONE, $run->outcome);
        $this->assertTrue($run->was_idle());
        $this->assertSame(['read 0'], $this->log);
    }

    /**
     * For each kind what must be asked of the caches.
     *
     * @return array[]
     */
    public static function kinds(): array {
        return [
            'categories' => [change::CATEGORIES, 0, ['changesincoursecat', 'changesincourse']],
            'course' => [change::COURSE, 7, ['changesincourse']],
            'groups' => [change::GROUPS, 7, ['groups of 1']],
            'members' => [change::MEMBERS, 7, ['memberships of 1']],
            'people' => [change::PEOPLE, 7, ['changesincategoryenrolment', 'people of 1']],
        ];
    }

    /**
     * Each kind alone, and its caches before it is taken away.
     *
     * @dataProvider kinds
     * @param string $kind
     * @param int $ref
     * @param string[] $expected
     */
    public function test_invalidates_what_belongs_to_a_kind(string $kind, int $ref, array $expected): void {
        $this->changes->note($kind, $ref);
        $run = $this->run_once();
        $this->assertSame(array_merge(['read 1'], $expected, ['remove 1']), $this->log);
        $this->assertSame([], $this->changes->rows);
        $this->assertSame(run::DONE, $run->outcome);
        $this->assertSame(1, $run->invalidated[$kind]);
        $this->assertSame(1, array_sum($run->invalidated));
        $this->assertFalse($run->was_idle());
    }

    public function test_every_kind_has_a_case_here(): void {
        $this->assertSame(change::KINDS, array_column(self::kinds(), 0));
    }

    public function test_names_the_courses_whose_groups_have_changed(): void {
        $this->changes->note(change::GROUPS, 12, 3, 7);
        $this->run_once();
        $this->assertSame([3, 7, 12], $this->caches->courseids);
    }

    public function test_names_the_users_whose_memberships_have_changed(): void {
        $this->changes->note(change::MEMBERS, 12, 3, 7);
        $this->changes->note(change::GROUPS, 4);
        $this->run_once();
        $this->assertSame([3, 7, 12], $this->caches->userids);
        $this->assertSame([4], $this->caches->courseids);
    }

    public function test_names_the_courses_whose_people_have_changed(): void {
        $this->changes->note(change::PEOPLE, 12, 3, 7);
        $this->changes->note(change::GROUPS, 4);
        $this->run_once();
        $this->assertSame([3, 7, 12], $this->caches->peoplecourseids);
        $this->assertSame([4], $this->caches->courseids);
    }

    public function test_fires_an_event_once_for_many_changes(): void {
        $this->changes->note(change::CATEGORIES, 0);
        $this->changes->note(change::COURSE, ...range(1, 300));
        $this->changes->note(change::GROUPS, ...range(1, 200));
        $this->changes->note(change::MEMBERS, ...range(1, 400));
        $run = $this->run_once();
        $this->assertSame(
            ['read 901', 'changesincoursecat', 'changesincourse', 'groups of 200', 'memberships of 400', 'remove 901'],
            $this->log
        );
        $this->assertSame(
            [
                change::CATEGORIES => 1, change::COURSE => 300, change::GROUPS => 200, change::MEMBERS => 400,
                change::PEOPLE => 0,
            ],
            $run->invalidated
        );
    }

    public function test_goes_through_many_in_portions(): void {
        $this->changes->note(change::COURSE, ...range(1, 1500));
        $this->changes->note(change::GROUPS, ...range(1, 1000));
        $run = $this->run_once();
        // The second portion has an event of its own: its changes were read after the first one.
        $this->assertSame([
            'read 1000', 'changesincourse', 'remove 1000',
            'read 1000', 'changesincourse', 'groups of 500', 'remove 1000',
            'read 500', 'groups of 500', 'remove 500',
        ], $this->log);
        $this->assertSame(range(1, 1000), $this->caches->courseids);
        $this->assertSame([], $this->changes->rows);
        $this->assertSame(run::DONE, $run->outcome);
        $this->assertSame(2500, array_sum($run->invalidated));
    }

    public function test_ends_after_a_portion_that_is_just_full(): void {
        $this->changes->note(change::GROUPS, ...range(1, invalidation::PORTION_ROWS_MAX));
        $run = $this->run_once();
        $this->assertSame(run::DONE, $run->outcome);
        $this->assertSame(['read 1000', 'groups of 1000', 'remove 1000', 'read 0'], $this->log);
    }

    public function test_keeps_a_change_that_is_renewed_meanwhile(): void {
        $this->changes->note(change::GROUPS, 1, 2);
        $this->caches->meanwhile = fn() => $this->changes->note(change::GROUPS, 2);
        $this->run_once();
        $this->assertSame(['groups 2'], array_keys($this->changes->rows));

        $this->caches->meanwhile = null;
        $this->run_once();
        $this->assertSame([], $this->changes->rows);
        $this->assertSame([1, 2, 2], $this->caches->courseids);
    }

    public function test_keeps_a_change_that_comes_meanwhile(): void {
        $this->changes->note(change::GROUPS, 2);
        $this->caches->meanwhile = fn() => $this->changes->note(change::COURSE, 1);
        $run = $this->run_once();
        $this->assertSame(['course 1'], array_keys($this->changes->rows));
        $this->assertSame(0, $run->invalidated[change::COURSE]);
    }

    public function test_comes_to_an_end_while_all_is_renewed_all_the_time(): void {
        $ids = range(1, 2500);
        $this->changes->note(change::GROUPS, ...$ids);
        $this->caches->meanwhile = fn() => $this->changes->note(change::GROUPS, ...$ids);
        $run = $this->run_once();
        $this->assertSame(run::DONE, $run->outcome);
        $this->assertSame($ids, $this->caches->courseids);
        $this->assertCount(2500, $this->changes->rows);
    }

    public function test_keeps_all_if_a_cache_fails(): void {
        $this->changes->note(change::CATEGORIES, 0);
        $this->changes->note(change::GROUPS, 1);
        $this->caches->meanwhile = function (string $line) {
            if ($line === 'groups of 1') {
                throw new \RuntimeException('the cache is away');
            }
        };
        $run = $this->run_once();
        $this->assertSame(run::FAILED, $run->outcome);
        $this->assertSame('the cache is away', $run->failure->getMessage());
        $this->assertSame(0, array_sum($run->invalidated));
        $this->assertSame(['categories 0', 'groups 1'], array_keys($this->changes->rows));

        $this->caches->meanwhile = null;
        $run = $this->run_once();
        $this->assertSame(run::DONE, $run->outcome);
        $this->assertSame([], $this->changes->rows);
    }

    public function test_keeps_all_if_an_event_fails(): void {
        $this->changes->note(change::COURSE, 1);
        $this->caches->meanwhile = function () {
            throw new \RuntimeException('the cache is away');
        };
        $run = $this->run_once();
        $this->assertSame(run::FAILED, $run->outcome);
        $this->assertSame(['course 1'], array_keys($this->changes->rows));
    }

    public function test_a_later_portion_that_fails_leaves_the_earlier_ones_done(): void {
        $this->changes->note(change::GROUPS, ...range(1, 1500));
        $this->caches->meanwhile = function (string $line) {
            if ($line === 'groups of 500') {
                throw new \RuntimeException('the cache is away');
            }
        };
        $run = $this->run_once();
        $this->assertSame(run::FAILED, $run->outcome);
        $this->assertSame(1000, $run->invalidated[change::GROUPS]);
        $this->assertCount(500, $this->changes->rows);
    }

    public function test_invalidates_again_what_could_not_be_taken_away(): void {
        $this->changes->note(change::GROUPS, 1);
        $this->changes->failure = new \RuntimeException('the database is away');
        $run = $this->run_once();
        $this->assertSame(run::FAILED, $run->outcome);
        $this->assertCount(1, $this->changes->rows);

        $this->changes->failure = null;
        $this->run_once();
        $this->assertSame([1, 1], $this->caches->courseids);
        $this->assertSame([], $this->changes->rows);
    }

    public function test_begins_no_further_portion_after_its_time(): void {
        $this->changes->note(change::GROUPS, ...range(1, 2500));
        $this->caches->meanwhile = fn() => $this->now += 6;
        $run = $this->run_once(10);
        $this->assertSame(run::UNFINISHED, $run->outcome);
        $this->assertSame(2000, $run->invalidated[change::GROUPS]);
        $this->assertCount(500, $this->changes->rows);
        $this->assertSame(12000, $run->durationms);

        $run = $this->run_once(10);
        $this->assertSame(run::DONE, $run->outcome);
        $this->assertSame(range(1, 2500), $this->caches->courseids);
    }

    public function test_does_one_portion_however_little_time_it_has(): void {
        $this->changes->note(change::GROUPS, ...range(1, 2500));
        $run = $this->run_once(0);
        $this->assertSame(run::UNFINISHED, $run->outcome);
        $this->assertSame(1000, $run->invalidated[change::GROUPS]);
    }

    public function test_two_at_the_same_time_lose_nothing(): void {
        $this->changes->note(change::GROUPS, 1, 2);
        $others = [];
        $this->caches->meanwhile = function () use (&$others) {
            $this->changes->note(change::GROUPS, 2);
            $other = new caches_in_memory($others);
            $run = (new invalidation($this->changes, $other))->run(run::BYCLI, 10);
            $this->assertSame(run::DONE, $run->outcome);
            $this->assertSame([1, 2], $other->courseids);
            $this->changes->note(change::GROUPS, 1);
        };
        $run = $this->run_once();
        $this->assertSame(run::DONE, $run->outcome);
        $this->assertSame(['groups 1'], array_keys($this->changes->rows));
    }

    /**
     * What may be in the way.
     *
     * @return array[]
     */
    public static function obstacles(): array {
        return [[run::NOTPOSTGRES], [run::NOTABLE], [run::NOPRIVILEGE]];
    }

    /**
     * An obstacle is told, not thrown, and nothing is read.
     *
     * @dataProvider obstacles
     * @param string $obstacle
     */
    public function test_tells_what_is_in_the_way(string $obstacle): void {
        $this->changes->note(change::GROUPS, 1);
        $this->changes->obstacle = $obstacle;
        $run = $this->run_once();
        $this->assertSame($obstacle, $run->outcome);
        $this->assertNull($run->failure);
        $this->assertFalse($run->was_idle());
        $this->assertSame([], $this->log);
        $this->assertCount(1, $this->changes->rows);
    }

    public function test_describes_a_run(): void {
        $this->changes->note(change::COURSE, 1, 2, 3);
        $this->changes->failure = new \RuntimeException('the database is away');
        $lines = explode("\n", $this->run_once()->describe());
        $this->assertCount(3, $lines);
        $this->assertStringContainsString('3', $lines[0]);
        $this->assertSame(get_string('outcome_failed', 'local_matricula'), $lines[1]);
        $this->assertSame('the database is away', $lines[2]);
    }

    public function test_describes_how_to_grant_what_is_missing(): void {
        global $CFG;
        $this->changes->obstacle = run::NOPRIVILEGE;
        $told = $this->run_once()->describe();
        $this->assertStringContainsString("GRANT USAGE ON SCHEMA matricula TO \"{$CFG->dbuser}\";", $told);
        $this->assertStringContainsString('GRANT SELECT, UPDATE, DELETE ON matricula.moodle_change', $told);
    }

    public function test_every_outcome_and_origin_has_words(): void {
        foreach (run::OUTCOMES as $outcome) {
            $this->assertStringNotContainsString('[[', run::explain($outcome));
        }
        foreach (run::ORIGINS as $origin) {
            $this->assertStringNotContainsString('[[', get_string('origin_' . $origin, 'local_matricula'));
        }
        foreach (change::KINDS as $kind) {
            $this->assertStringNotContainsString('[[', get_string('kind_' . $kind, 'local_matricula'));
        }
    }
}
