<?php
// SPDX-License-Identifier: Apache-2.0

use local_matricula\change;
use local_matricula\changes_table;
use local_matricula\invalidation;
use local_matricula\moodle_caches;
use local_matricula\run;

/** The plugin's SQL on the table that the target makes, while matricula writes to it. */
final class changes_table_test extends database_fixture {
    private changes_table $changes;

    protected function setUp(): void {
        parent::setUp();
        $this->changes = new changes_table($this->db);
    }

    private function run_once(): run {
        return (new invalidation($this->changes, new moodle_caches()))->run(run::BYTASK, 60);
    }

    private function names(array $changes): array {
        return array_map(fn(change $change): string => "{$change->kind} {$change->ref}", $changes);
    }

    public function test_where_matricula_has_never_run_there_is_no_table(): void {
        $this->assertSame(run::NOTABLE, $this->changes->obstacle());
        $this->assertSame(run::NOTABLE, $this->run_once()->outcome);
        $this->write('create schema matricula');
        $this->assertSame(run::NOTABLE, $this->changes->obstacle());
    }

    public function test_another_database_than_postgresql_is_told(): void {
        $this->db->family = 'mysql';
        $this->assertSame(run::NOTPOSTGRES, $this->changes->obstacle());
    }

    /** What is granted, and what the obstacle is then. */
    public static function privileges(): array {
        $schema = 'grant usage on schema matricula to %s';
        $table = 'grant %s on matricula.moodle_change to %%s';
        return [
            'nothing' => [[], run::NOPRIVILEGE],
            'the schema' => [[$schema], run::NOPRIVILEGE],
            'the table' => [[sprintf($table, 'select, update, delete')], run::NOPRIVILEGE],
            'only to read' => [[$schema, sprintf($table, 'select')], run::NOPRIVILEGE],
            'not to delete' => [[$schema, sprintf($table, 'select, update')], run::NOPRIVILEGE],
            'not to lock' => [[$schema, sprintf($table, 'select, delete')], run::NOPRIVILEGE],
            'not to read' => [[$schema, sprintf($table, 'update, delete')], run::NOPRIVILEGE],
            'all' => [[$schema, sprintf($table, 'select, update, delete')], null],
        ];
    }

    /** @dataProvider privileges */
    public function test_tells_a_missing_privilege(array $grants, ?string $obstacle): void {
        $this->given_matricula_has_run_here();
        $this->matricula_notes('groups', 'values (7)');
        foreach ($grants as $grant) {
            $this->write(sprintf($grant, self::$role));
        }
        $this->db->execute('set session authorization ' . self::$role);
        $this->assertSame($obstacle, $this->changes->obstacle());
        $run = $this->run_once();
        $this->assertSame($obstacle ?? run::DONE, $run->outcome);
        $this->assertNull($run->failure);
        $this->assertSame($obstacle === null ? [] : ['groups 7'], $this->waiting());
    }

    /** What the page and the log tell an administrator to run is enough. */
    public function test_the_grants_that_it_tells_are_enough(): void {
        global $CFG;
        $this->given_matricula_has_run_here();
        $this->matricula_notes('course', 'values (7)');
        $CFG->dbuser = self::$role;
        $this->write(changes_table::grants());
        $CFG->dbuser = 'moodle';
        $this->db->execute('set session authorization ' . self::$role);
        $this->assertSame(run::DONE, $this->run_once()->outcome);
        $this->assertSame([], $this->waiting());
    }

    public function test_invalidates_and_takes_away_what_the_target_has_noted(): void {
        $this->given_matricula_has_run_here();
        $this->matricula_notes('categories', 'values (0), (1)');
        $this->matricula_notes('course', 'values (9), (4)');
        $this->matricula_notes('groups', 'values (12), (3), (9999999999)');
        $this->matricula_notes('members', 'values (21), (9999999998), (3), (8)');
        $this->matricula_notes('people', 'values (5), (2)');
        $run = $this->run_once();
        $this->assertSame(run::DONE, $run->outcome);
        $this->assertSame(
            ['categories' => 2, 'course' => 2, 'groups' => 3, 'members' => 4, 'people' => 2], $run->invalidated);
        $this->assertSame([], $this->waiting());
        $this->assertSame(
            ['event changesincoursecat', 'event changesincourse', 'event changesincategoryenrolment',
             'core/groupdata :3,12,9999999999', 'core/user_group_groupings :3,8,21,9999999998', 'core/coursecontacts :2,5',
             'event changesincoursestate :2,5'],
            cache_helper::$asked
        );
    }

    /** Other kinds of the same number are other rows. */
    public function test_a_user_is_not_taken_for_a_course(): void {
        $this->given_matricula_has_run_here();
        $this->matricula_notes('groups', 'values (7)');
        $this->matricula_notes('members', 'values (7)');
        $read = $this->changes->read(null, 10);
        $this->assertSame(['groups 7', 'members 7'], $this->names($read));
        $this->matricula_notes('members', 'values (7)');
        $this->changes->remove($read);
        $this->assertSame(['members 7'], $this->waiting());
    }

    /** The table as an earlier version has made it, with changes that wait. */
    public function test_a_table_of_an_earlier_version_takes_every_kind(): void {
        $this->write("create schema matricula;
            create table matricula.moodle_change (
              kind text        not null check (kind in ('categories', 'course', 'groups')),
              ref  bigint      not null,
              at   timestamptz not null,
              primary key (kind, ref)
            );
            create index moodle_change_at on matricula.moodle_change (at)");
        $this->matricula_notes('groups', 'values (7)');
        foreach (['the first', 'the second'] as $time) {
            $this->given_schema();
            foreach (change::KINDS as $kind) {
                $this->matricula_notes($kind, 'values (9)');
            }
            $this->assertSame(
                ['categories 9', 'course 9', 'groups 7', 'groups 9', 'members 9', 'people 9'], $this->waiting(), $time);
            $this->assertFalse(@pg_query($this->writer, "insert into matricula.moodle_change values ('badges', 1, now())"));
            $indexes = pg_query($this->writer, "select indexname from pg_indexes where tablename = 'moodle_change'");
            $this->assertSame(['moodle_change_pkey'], pg_fetch_all_columns($indexes), $time);
        }
    }

    public function test_nothing_waits(): void {
        $this->given_matricula_has_run_here();
        $this->assertTrue($this->run_once()->was_idle());
        $this->assertSame([], cache_helper::$asked);
    }

    public function test_keeps_what_a_failing_cache_was_not_told(): void {
        $this->given_matricula_has_run_here();
        $this->matricula_notes('course', 'values (4)');
        cache_helper::$fails = true;
        $this->assertSame(run::FAILED, $this->run_once()->outcome);
        $this->assertSame(['course 4'], $this->waiting());
    }

    public function test_reads_portions_in_the_order_of_the_key(): void {
        $this->given_matricula_has_run_here();
        $this->matricula_notes('groups', 'values (10), (9)');
        $this->matricula_notes('course', 'values (10), (9), (100)');
        $first = $this->changes->read(null, 2);
        $this->assertSame(['course 9', 'course 10'], $this->names($first));
        $second = $this->changes->read(end($first), 2);
        $this->assertSame(['course 100', 'groups 9'], $this->names($second));
        $this->assertSame(['groups 10'], $this->names($this->changes->read(end($second), 2)));
    }

    public function test_goes_through_many(): void {
        $this->given_matricula_has_run_here();
        $this->matricula_notes('groups', 'select generate_series(1, 5500)');
        $run = $this->run_once();
        $this->assertSame(run::DONE, $run->outcome);
        $this->assertSame(5500, $run->invalidated['groups']);
        $this->assertSame([], $this->waiting());
        $this->assertCount(6, cache_helper::$asked);
    }

    public function test_keeps_a_row_that_was_renewed_since_it_was_read(): void {
        $this->given_matricula_has_run_here();
        $this->matricula_notes('groups', 'values (1), (2), (3)');
        $read = $this->changes->read(null, 10);
        $this->matricula_notes('groups', 'values (2)');
        $this->changes->remove($read);
        $this->assertSame(['groups 2'], $this->waiting());
    }

    /** Two transactions may begin in the same microsecond. */
    public function test_keeps_a_row_that_was_renewed_with_the_same_time(): void {
        $this->given_matricula_has_run_here();
        $at = "timestamptz '2026-11-23 10:00:00.123456+01'";
        $this->matricula_notes('groups', 'values (1), (2)', $at);
        $read = $this->changes->read(null, 10);
        $this->matricula_notes('groups', 'values (2)', $at);
        $this->changes->remove($read);
        $this->assertSame(['groups 2'], $this->waiting());
    }

    /** A transaction that began earlier may commit later, with an older time. */
    public function test_sees_a_row_that_is_older_than_what_it_has_done(): void {
        $this->given_matricula_has_run_here();
        $this->matricula_notes('groups', 'values (1)');
        $this->run_once();
        $this->matricula_notes('groups', 'values (1)', "now() - interval '1 hour'");
        $this->matricula_notes('course', 'values (1)', "now() - interval '2 hours'");
        $run = $this->run_once();
        $this->assertSame(2, array_sum($run->invalidated));
        $this->assertSame([], $this->waiting());
    }

    /** matricula has the row locked: it is passed over at once, the others go. */
    public function test_does_not_wait_for_a_row_that_is_being_written(): void {
        $this->given_matricula_has_run_here();
        $this->matricula_notes('groups', 'values (1), (2)');
        $this->write('begin');
        $this->matricula_notes('groups', 'values (2), (3)');
        $this->db->execute("set lock_timeout = '2s'");
        $run = $this->run_once();
        $this->assertSame(run::DONE, $run->outcome, (string) $run->failure);
        $this->write('commit');
        $this->assertSame(['groups 2', 'groups 3'], $this->waiting());
        $this->assertSame(run::DONE, $this->run_once()->outcome);
        $this->assertSame([], $this->waiting());
    }

    /** As above, but matricula takes back what it was about to write. */
    public function test_does_again_what_was_locked_and_not_renewed(): void {
        $this->given_matricula_has_run_here();
        $this->matricula_notes('groups', 'values (1)');
        $this->write('begin');
        $this->matricula_notes('groups', 'values (1)');
        $this->run_once();
        $this->write('rollback');
        $this->assertSame(['groups 1'], $this->waiting());
        $this->run_once();
        $this->assertSame([], $this->waiting());
    }

    /** A row is renewed and committed after the statement that removes it has begun. */
    public function test_keeps_a_row_that_is_renewed_while_it_is_removed(): void {
        $this->given_matricula_has_run_here();
        $this->matricula_notes('groups', 'values (1), (2)');
        $read = $this->changes->read(null, 10);
        // The statement stops between its snapshot and its locks, at an operator that stands in for PostgreSQL's.
        $this->write("create schema slow;
            create function slow.same(text, text) returns boolean language plpgsql as \$\$
              begin
                perform pg_advisory_lock_shared(1);
                return \$1 operator(pg_catalog.=) \$2;
              end
            \$\$;
            create operator slow.= (leftarg = text, rightarg = text, function = slow.same);
            select pg_advisory_lock(1)");
        $this->db->execute('set search_path = slow, pg_catalog');
        $statement = $this->statement_of_remove($read);
        pg_send_query_params($this->db->connection, $statement[0], $statement[1]);
        $this->wait_until_somebody_waits();
        $this->matricula_notes('groups', 'values (2)');
        $this->write('select pg_advisory_unlock(1)');
        $result = pg_get_result($this->db->connection);
        $this->assertSame('', pg_result_error($result));
        $this->assertSame(1, pg_affected_rows($result));
        $this->assertSame(['groups 2'], $this->waiting());
    }

    /** The statement that remove() would run, with numbered placeholders. */
    private function statement_of_remove(array $changes): array {
        $spy = new class extends moodle_database {
            public array $statement = [];

            public function execute($sql, ?array $params = null) {
                $number = 0;
                $sql = preg_replace_callback('/\?/', function () use (&$number): string {
                    return '$' . ++$number;
                }, $sql);
                $this->statement = [$sql, $params];
                return true;
            }
        };
        (new changes_table($spy))->remove($changes);
        return $spy->statement;
    }

    private function wait_until_somebody_waits(): void {
        for ($i = 0; $i < 200; $i++) {
            $waiting = pg_query($this->writer, "select count(*) from pg_locks where locktype = 'advisory' and not granted");
            if (pg_fetch_result($waiting, 0, 0) !== '0') {
                return;
            }
            usleep(50000);
        }
        $this->fail('the statement did not come to the operator');
    }

    public function test_leaves_kinds_that_it_does_not_know(): void {
        $this->given_matricula_has_run_here();
        $this->write('alter table matricula.moodle_change drop constraint moodle_change_kind_check');
        $this->matricula_notes('badges', 'values (1)');
        $this->matricula_notes('groups', 'values (1)');
        $run = $this->run_once();
        $this->assertSame(1, array_sum($run->invalidated));
        $this->assertSame(['badges 1'], $this->waiting());
        $this->assertSame(['badges'], array_keys($this->changes->waiting()));
    }

    public function test_tells_what_waits_and_since_when(): void {
        $this->given_matricula_has_run_here();
        $this->matricula_notes('groups', 'values (1), (2)', 'to_timestamp(1700000100)');
        $this->matricula_notes('groups', 'values (3)', 'to_timestamp(1700000000.9)');
        $this->matricula_notes('course', 'values (1)', 'to_timestamp(1700000200)');
        $waiting = $this->changes->waiting();
        $this->assertSame(['course', 'groups'], array_keys($waiting));
        $this->assertEquals(3, $waiting['groups']->number);
        $this->assertEqualsWithDelta(1700000000, $waiting['groups']->since, 1);
        $this->assertEquals(1700000200, $waiting['course']->since);
    }
}
