<?php
// SPDX-License-Identifier: Apache-2.0

use local_matricula\deletions_table;
use local_matricula\run;
use local_matricula\task\delete_courses;

/** The plugin's SQL on the table that the target makes, and the task that deletes. */
final class deletions_table_test extends database_fixture {
    private deletions_table $deletions;

    protected function setUp(): void {
        parent::setUp();
        global $CFG;
        $CFG->dirroot = __DIR__ . '/site';
        $CFG->deletionsmax = false;
        $this->write('drop table if exists mdl_course; create table mdl_course (id bigint primary key)');
        $this->deletions = new deletions_table($this->db);
        moodle_course_stand_in::$stubborn = [];
        moodle_course_stand_in::$counted = 0;
        moodle_course_stand_in::$leavesopen = false;
    }

    /** Courses that matricula has made. */
    private function given_made(int $first, int $last): void {
        $this->write("insert into mdl_course select generate_series($first, $last);
                      insert into matricula.moodle_course (key, course_id, context_id, enrol_id, category_id, fullname,
                                                           shortname, idnumber)
                      select '2025/' || n, n, n, n, 1, '', '', '' from generate_series($first, $last) as n");
    }

    private function given_approved(int $first, int $last): void {
        $this->write("insert into matricula.moodle_deletion (course_id) select generate_series($first, $last)");
    }

    private function column(string $sql): array {
        return array_map('intval', pg_fetch_all_columns(pg_query($this->writer, $sql)));
    }

    private function run_task(): string {
        global $DB;
        $DB = $this->db;
        ob_start();
        try {
            (new delete_courses())->execute();
        } finally {
            $said = ob_get_clean();
        }
        return $said;
    }

    public function test_where_matricula_has_never_run_the_task_says_nothing(): void {
        $this->assertSame(run::NOTABLE, $this->deletions->obstacle());
        $this->assertSame('', $this->run_task());
        $this->db->family = 'mysql';
        $this->assertSame(run::NOTPOSTGRES, $this->deletions->obstacle());
    }

    public function test_the_grants_that_it_tells_are_enough(): void {
        global $CFG;
        $this->given_matricula_has_run_here();
        $this->given_made(11, 12);
        $this->given_approved(11, 11);
        $this->write('grant all on mdl_course to ' . self::$role);
        $this->db->execute('set session authorization ' . self::$role);
        $this->assertSame(run::NOPRIVILEGE, $this->deletions->obstacle());
        $CFG->dbuser = self::$role;
        $this->assertStringContainsString(deletions_table::grants(), $this->run_task());
        $this->write(deletions_table::grants());
        $CFG->dbuser = 'moodle';
        $this->assertSame("Courses deleted: 1.\n", $this->run_task());
        $this->assertSame([12], $this->column('select id from mdl_course'));
    }

    public function test_deletes_only_what_matricula_has_made_and_somebody_has_approved(): void {
        $this->given_matricula_has_run_here();
        $this->given_made(11, 13);
        $this->write('insert into mdl_course values (20)');
        $this->given_approved(12, 13);
        $this->given_approved(20, 20);
        $this->assertSame([12, 13], $this->deletions->read(10));
        $this->assertSame("Courses deleted: 2.\n", $this->run_task());
        $this->assertSame([11, 20], $this->column('select id from mdl_course order by id'));
        $this->assertSame([20], $this->column('select course_id from matricula.moodle_deletion'));
        $this->assertSame('0', $this->deletions->waiting()->number);
        $this->assertSame(1, moodle_course_stand_in::$counted);
        $this->assertSame('', $this->run_task());
    }

    public function test_a_run_deletes_as_many_as_the_setting_says(): void {
        global $CFG;
        $this->given_matricula_has_run_here();
        $this->given_made(101, 150);
        $this->given_approved(101, 150);
        $this->assertSame("Courses deleted: 20.\n", $this->run_task());
        $CFG->deletionsmax = '5';
        $this->assertSame("Courses deleted: 5.\n", $this->run_task());
        $CFG->deletionsmax = '0';
        $this->assertSame('', $this->run_task());
        $this->assertSame('25', $this->deletions->waiting()->number);
        $this->assertSame(range(126, 150), $this->column('select id from mdl_course order by id'));
    }

    public function test_tries_first_what_it_has_not_tried(): void {
        $this->given_matricula_has_run_here();
        $this->given_made(11, 14);
        $this->given_approved(11, 14);
        $this->deletions->begin(12);
        $this->deletions->begin(11);
        $this->assertSame([13, 14, 12, 11], $this->deletions->read(10));
        $this->assertSame([13], $this->deletions->read(1));
        $waiting = $this->deletions->waiting();
        $this->assertSame(['4', '2'], [$waiting->number, $waiting->tried]);
        $this->assertEqualsWithDelta(time(), $waiting->since, 60);
    }

    public function test_a_transaction_that_a_failure_has_left_open_takes_no_other_deletion_back(): void {
        $this->given_matricula_has_run_here();
        $this->given_made(11, 13);
        $this->given_approved(11, 13);
        moodle_course_stand_in::$stubborn = [11];
        moodle_course_stand_in::$leavesopen = true;
        $this->assertSame("Courses deleted: 2.\ncourse 11: a plugin of the course is broken\n", $this->run_task());
        $this->assertFalse($this->db->is_transaction_started());
        $this->assertSame([11], $this->column('select id from mdl_course'));
    }

    public function test_the_task_fails_only_where_nothing_can_be_deleted(): void {
        $this->given_matricula_has_run_here();
        $this->given_made(11, 12);
        $this->given_approved(11, 12);
        moodle_course_stand_in::$stubborn = [11];
        $this->assertSame("Courses deleted: 1.\ncourse 11: a plugin of the course is broken\n", $this->run_task());
        $this->expectExceptionMessage('a plugin of the course is broken');
        $this->run_task();
    }
}
