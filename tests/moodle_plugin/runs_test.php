<?php
// SPDX-License-Identifier: Apache-2.0

use local_matricula\run;
use local_matricula\runs;

/** The table of the last runs. */
final class runs_test extends database_fixture {
    private runs $runs;

    protected function setUp(): void {
        parent::setUp();
        $this->runs = new runs($this->db);
    }

    private function given_run(string $outcome, int $courses = 0, ?Throwable $failure = null, int $daysago = 0): void {
        $run = new run(run::BYTASK);
        $run->timestarted = time() - $daysago * DAYSECS;
        $run->outcome = $outcome;
        $run->invalidated['course'] = $courses;
        $run->failure = $failure;
        $this->runs->record($run);
    }

    private function outcomes(): array {
        return array_values(array_column($this->runs->latest(0, 100), 'outcome'));
    }

    public function test_remembers_what_a_run_has_done(): void {
        $run = new run(run::BYCLI);
        $run->timestarted = 1700000000;
        $run->durationms = 17;
        $run->outcome = run::FAILED;
        $run->invalidated = ['categories' => 1, 'course' => 22, 'groups' => 333, 'members' => 4444, 'people' => 5];
        $run->failure = new RuntimeException(str_repeat('é', 300));
        $this->runs->record($run);
        $rows = $this->runs->latest(0, 10);
        $this->assertCount(1, $rows);
        $row = (array) reset($rows);
        unset($row['id']);
        $this->assertEquals([
            'timestarted' => 1700000000, 'durationms' => 17, 'origin' => 'cli', 'categories' => 1, 'courses' => 22,
            'coursegroups' => 333, 'usergroups' => 4444, 'coursepeople' => 5, 'outcome' => 'failed', 'detail' => str_repeat('é', 255),
        ], $row);
    }

    public function test_a_run_with_nothing_to_do_leaves_no_row(): void {
        $this->given_run(run::DONE);
        $this->given_run(run::NOTABLE);
        $this->given_run(run::NOTPOSTGRES);
        $this->assertSame(0, $this->runs->count());
    }

    public function test_an_outage_leaves_one_row(): void {
        $failure = new RuntimeException('away');
        foreach (range(1, 3) as $minute) {
            $this->given_run(run::FAILED, 0, $failure);
        }
        $this->given_run(run::DONE, 5);
        foreach (range(1, 3) as $minute) {
            $this->given_run(run::NOPRIVILEGE);
        }
        $this->given_run(run::FAILED, 0, $failure);
        $this->assertSame([run::FAILED, run::NOPRIVILEGE, run::DONE, run::FAILED], $this->outcomes());
    }

    public function test_a_failure_that_came_after_some_work_has_a_row(): void {
        $this->given_run(run::FAILED, 1000, new RuntimeException('away'));
        $this->given_run(run::FAILED, 1000, new RuntimeException('away'));
        $this->assertSame(2, $this->runs->count());
    }

    public function test_runs_that_did_the_same_have_a_row_each(): void {
        $this->given_run(run::DONE, 1);
        $this->given_run(run::DONE, 1);
        $this->given_run(run::UNFINISHED, 1000);
        $this->given_run(run::UNFINISHED, 1000);
        $this->assertSame(4, $this->runs->count());
    }

    public function test_forgets_old_ones(): void {
        $this->given_run(run::DONE, 1, null, runs::DAYS_MAX + 1);
        $this->given_run(run::DONE, 2, null, runs::DAYS_MAX - 1);
        $this->given_run(run::DONE, 3);
        $this->assertSame(['3', '2'], array_values(array_column($this->runs->latest(0, 10), 'courses')));
    }

    public function test_gives_a_page_of_them_the_newest_first(): void {
        foreach (range(1, 5) as $courses) {
            $this->given_run(run::DONE, $courses);
        }
        $this->assertSame(5, $this->runs->count());
        $this->assertSame(['3', '2'], array_values(array_column($this->runs->latest(2, 2), 'courses')));
    }
}
