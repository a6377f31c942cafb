<?php
// SPDX-License-Identifier: Apache-2.0

use local_matricula\run;
use local_matricula\runs;
use local_matricula\task\invalidate;

/** The plugin at its place in a Moodle: the command line, the task and the page. Moodle around it is made of stand-ins. */
final class site_test extends database_fixture {
    private string $site;

    protected function setUp(): void {
        parent::setUp();
        $this->site = sys_get_temp_dir() . '/' . self::$name;
        $this->clear_site();
        $this->copy_tree(__DIR__ . '/site', $this->site);
        mkdir($this->site . '/local');
        $this->copy_tree(dirname(__DIR__, 2) . '/moodle/local_matricula', $this->site . '/local/matricula');
    }

    protected function tearDown(): void {
        $this->clear_site();
        parent::tearDown();
    }

    private function clear_site(): void {
        exec('rm -rf ' . escapeshellarg($this->site));
    }

    private function copy_tree(string $from, string $to): void {
        exec('cp -R ' . escapeshellarg($from) . ' ' . escapeshellarg($to), $said, $code);
        $this->assertSame(0, $code);
    }

    /** Exit code and output of a script of the plugin. */
    private function call(string $script, array $arguments = [], array $environment = []): array {
        $environment += [
            'DATABASE_URL' => self::url(),
            'STAND_INS' => __DIR__,
            'CACHES_LOG' => $this->site . '/caches.log',
        ];
        $command = 'env';
        foreach ($environment as $name => $value) {
            $command .= ' ' . escapeshellarg("$name=$value");
        }
        $command .= ' ' . escapeshellarg(PHP_BINARY) . ' -d error_reporting=-1 -d display_errors=1 '
            . escapeshellarg("{$this->site}/local/matricula/$script");
        foreach ($arguments as $argument) {
            $command .= ' ' . escapeshellarg($argument);
        }
        exec($command . ' 2>&1', $lines, $code);
        return [$code, implode("\n", $lines)];
    }

    private function asked_of_caches(): array {
        $file = $this->site . '/caches.log';
        return is_file($file) ? file($file, FILE_IGNORE_NEW_LINES) : [];
    }

    public function test_the_command_line_does_it_at_once(): void {
        $this->given_matricula_has_run_here();
        $this->matricula_notes('categories', 'values (0)');
        $this->matricula_notes('groups', 'values (3), (4)');
        $this->matricula_notes('members', 'values (5), (6), (7)');
        $this->matricula_notes('people', 'values (8), (9)');
        [$code, $said] = $this->call('cli/invalidate.php');
        $this->assertSame(0, $code, $said);
        $this->assertStringContainsString(
            'categories 1, renamed courses 0, courses with changed groups 2, users with changed memberships 3, courses with changed people 2,', $said);
        $this->assertSame([], $this->waiting());
        $this->assertSame(
            [
                'event changesincoursecat', 'event changesincourse', 'event changesincategoryenrolment', 'core/groupdata :3,4',
                'core/user_group_groupings :5,6,7', 'core/coursecontacts :8,9', 'event changesincoursestate :8,9',
            ],
            $this->asked_of_caches()
        );
        $rows = (new runs($this->db))->latest(0, 10);
        $this->assertSame(['cli'], array_values(array_column($rows, 'origin')));

        [$code, $said] = $this->call('cli/invalidate.php');
        $this->assertSame([0, 'Done.'], [$code, $said]);
        $this->assertSame(1, (new runs($this->db))->count());
    }

    public function test_the_command_line_teaches_its_use(): void {
        [$code, $said] = $this->call('cli/invalidate.php', ['--help']);
        $this->assertSame(0, $code);
        foreach (['--dry-run', '--seconds', 'Exit code', 'php local/matricula/cli/invalidate.php'] as $word) {
            $this->assertStringContainsString($word, $said);
        }
        [$code, $said] = $this->call('cli/invalidate.php', ['--hlep']);
        $this->assertSame(1, $code);
        $this->assertStringContainsString('--hlep', $said);
        foreach (['--seconds=0', '--seconds=soon', '--seconds'] as $wrong) {
            [$code, $said] = $this->call('cli/invalidate.php', [$wrong]);
            $this->assertSame(1, $code);
            $this->assertStringContainsString('--seconds needs a number', $said);
        }
    }

    public function test_the_command_line_can_only_look(): void {
        $this->given_matricula_has_run_here();
        $this->assertSame([0, 'Nothing is waiting.'], $this->call('cli/invalidate.php', ['--dry-run']));
        $this->matricula_notes('groups', 'values (3), (4)', 'to_timestamp(1700000000)');
        $this->assertSame([2, 'groups: 2, 2023-11-14 22:13'], $this->call('cli/invalidate.php', ['-n']));
        $this->assertSame(['groups 3', 'groups 4'], $this->waiting());
        $this->assertSame([], $this->asked_of_caches());
    }

    public function test_the_command_line_tells_what_is_in_the_way(): void {
        foreach ([[], ['--dry-run']] as $arguments) {
            [$code, $said] = $this->call('cli/invalidate.php', $arguments);
            $this->assertSame(1, $code, $said);
            $this->assertStringContainsString('There is no table matricula.moodle_change', $said);
        }
        $this->given_matricula_has_run_here();
        $this->write('grant all on mdl_local_matricula_run to ' . self::$role);
        $this->write('grant all on sequence mdl_local_matricula_run_id_seq to ' . self::$role);
        foreach ([[], ['--dry-run']] as $arguments) {
            [$code, $said] = $this->call('cli/invalidate.php', $arguments, ['DATABASE_ROLE' => self::$role]);
            $this->assertSame(1, $code, $said);
            $this->assertStringContainsString('GRANT USAGE ON SCHEMA matricula TO "' . self::$role . '";', $said);
        }
    }

    public function test_the_command_line_tells_of_a_failure(): void {
        $this->given_matricula_has_run_here();
        $this->matricula_notes('groups', 'values (3)');
        [$code, $said] = $this->call('cli/invalidate.php', [], ['CACHES_FAIL' => '1']);
        $this->assertSame(1, $code);
        $this->assertStringContainsString('the cache is away', $said);
        $this->assertSame(['groups 3'], $this->waiting());
    }

    private function run_task(): string {
        global $DB;
        $DB = $this->db;
        ob_start();
        try {
            (new invalidate())->execute();
        } finally {
            $said = ob_get_clean();
        }
        return $said;
    }

    public function test_the_task_says_nothing_where_nothing_waits(): void {
        $this->given_matricula_has_run_here();
        $this->assertSame('', $this->run_task());
        $this->assertSame(0, (new runs($this->db))->count());
    }

    public function test_the_task_does_its_work_and_remembers_it(): void {
        $this->given_matricula_has_run_here();
        $this->matricula_notes('course', 'values (3)');
        $this->assertStringContainsString('renamed courses 1', $this->run_task());
        $this->assertSame([], $this->waiting());
        $rows = (new runs($this->db))->latest(0, 10);
        $this->assertSame(['task'], array_values(array_column($rows, 'origin')));
    }

    /** It would be no use to be tried less often. */
    public function test_the_task_does_not_fail_for_what_an_administrator_has_to_do(): void {
        $this->assertStringContainsString('There is no table', $this->run_task());
        $this->given_matricula_has_run_here();
        $this->write('grant all on mdl_local_matricula_run to ' . self::$role);
        $this->write('grant all on sequence mdl_local_matricula_run_id_seq to ' . self::$role);
        $this->db->execute('set session authorization ' . self::$role);
        foreach (range(1, 3) as $minute) {
            $this->assertStringContainsString('GRANT SELECT', $this->run_task());
        }
        $rows = (new runs($this->db))->latest(0, 10);
        $this->assertSame([run::NOPRIVILEGE], array_values(array_column($rows, 'outcome')));
    }

    public function test_the_task_fails_where_a_cache_fails(): void {
        $this->given_matricula_has_run_here();
        $this->matricula_notes('course', 'values (3)');
        cache_helper::$fails = true;
        try {
            $this->run_task();
            $this->fail('the task has not failed');
        } catch (RuntimeException $failure) {
            $this->assertSame('the cache is away', $failure->getMessage());
        }
        $rows = (new runs($this->db))->latest(0, 10);
        $this->assertSame(['the cache is away'], array_values(array_column($rows, 'detail')));
        $this->assertSame(['course 3'], $this->waiting());
    }

    private function page(array $environment = []): string {
        [$code, $said] = $this->call('index.php', [], $environment);
        $this->assertSame(0, $code, $said);
        $this->assertStringNotContainsString('[[', $said);
        $this->assertStringStartsWith('<header local_matricula_runs>', $said);
        $this->assertStringEndsWith('<footer>', $said);
        return $said;
    }

    public function test_the_page_shows_what_waits_and_the_last_runs(): void {
        $this->given_matricula_has_run_here();
        $this->assertStringContainsString('Nothing is waiting.', $this->page());
        $this->assertStringContainsString('There has been nothing to do yet.', $this->page());

        $this->matricula_notes('course', 'values (3)');
        $this->matricula_notes('members', 'values (8), (9)');
        $this->run_task();
        $this->matricula_notes('groups', 'values (1), (2)');
        $this->matricula_notes('members', 'values (8), (9), (10)');
        $page = $this->page();
        $this->assertStringContainsString('<td>Groups of courses<td>2<td>20', $page);
        $this->assertStringContainsString('<td>Group memberships<td>3<td>20', $page);
        $this->assertStringNotContainsString('for more than ten minutes', $page);
        $this->assertMatchesRegularExpression(
            '/<td>Scheduled task<td>0<td>1<td>0<td>2<td>0<td>[0-9]+<td>Done\.<pages 1 0 50>/', $page);
    }

    public function test_the_page_shows_how_many_courses_wait_to_be_deleted(): void {
        $this->assertStringContainsString('No course waits to be deleted.', $this->page());
        $this->given_matricula_has_run_here();
        $this->assertStringContainsString('No course waits to be deleted.', $this->page());
        $this->write("insert into matricula.moodle_course (key, course_id, context_id, enrol_id, category_id, fullname,
                                                           shortname, idnumber)
                      select '2025/' || n, n, n, n, 1, '', '', '' from generate_series(1, 3) as n;
                      insert into matricula.moodle_deletion values (1, to_timestamp(1700000000), now());
                      insert into matricula.moodle_deletion values (2), (9)");
        $this->assertStringContainsString(
            'Courses that wait to be deleted: 2, since 2023-11-14 22:13. Of these, tried before: 1.', $this->page());
        $this->write('grant select on mdl_local_matricula_run to ' . self::$role);
        $this->write('grant usage on schema matricula to ' . self::$role);
        $this->assertStringContainsString(
            'GRANT SELECT, UPDATE, DELETE ON matricula.moodle_deletion TO', $this->page(['DATABASE_ROLE' => self::$role]));
    }

    public function test_the_page_asks_why_something_waits_for_long(): void {
        $this->given_matricula_has_run_here();
        $this->matricula_notes('groups', 'values (1)', "now() - interval '11 minutes'");
        $this->assertStringContainsString('for more than ten minutes', $this->page());
    }

    public function test_the_page_tells_what_is_in_the_way(): void {
        $this->assertStringContainsString('There is no table matricula.moodle_change', $this->page());
        $this->given_matricula_has_run_here();
        $this->write('grant select on mdl_local_matricula_run to ' . self::$role);
        $this->assertStringContainsString('TO &quot;' . self::$role . '&quot;;', $this->page(['DATABASE_ROLE' => self::$role]));
    }

    public function test_the_page_names_kinds_that_it_does_not_know(): void {
        $this->given_matricula_has_run_here();
        $this->write('alter table matricula.moodle_change drop constraint moodle_change_kind_check');
        $this->matricula_notes('<badges>', 'values (1)');
        $this->assertStringContainsString('&lt;badges&gt; (a newer version', $this->page());
    }

    public function test_the_page_shows_fifty_runs(): void {
        $this->given_matricula_has_run_here();
        $this->write("insert into mdl_local_matricula_run (timestarted, origin, courses, outcome)
                      select 1700000000, 'task', n, 'done' from generate_series(1, 120) as n");
        $this->assertSame(50, substr_count($this->page(), '<td>Scheduled task'));
        $last = $this->page(['PAGE' => '2']);
        $this->assertSame(20, substr_count($last, '<td>Scheduled task'));
        $this->assertStringContainsString('<pages 120 2 50>', $last);
    }

    public function test_the_page_is_for_those_who_may_see_it(): void {
        $this->given_matricula_has_run_here();
        [$code, $said] = $this->call('index.php', [], ['CAPABILITIES' => 'none']);
        $this->assertSame(1, $code);
        $this->assertStringContainsString('nopermissions local/matricula:viewruns', $said);
        $this->assertStringNotContainsString('<header', $said);
    }

    public function test_every_language_can_be_shown(): void {
        $this->given_matricula_has_run_here();
        $this->matricula_notes('groups', 'values (1)', "now() - interval '11 minutes'");
        $this->matricula_notes('members', 'values (1)');
        $spanish = $this->page(['LANG_SHOWN' => 'es']);
        $this->assertStringContainsString('Grupos de cursos', $spanish);
        $this->assertStringContainsString('Pertenencia a grupos', $spanish);
        $valencian = $this->page(['LANG_SHOWN' => 'ca_valencia']);
        $this->assertStringContainsString('memòries cau', $valencian);
        $this->assertStringContainsString('Pertinença a grups', $valencian);
    }
}
