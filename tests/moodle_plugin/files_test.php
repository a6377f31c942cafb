<?php
// SPDX-License-Identifier: Apache-2.0

/** What can be said of the plugin's files without running them. */
final class files_test extends PHPUnit\Framework\TestCase {
    public static function php_files(): array {
        global $CFG;
        $files = [];
        foreach (new RecursiveIteratorIterator(new RecursiveDirectoryIterator($CFG->plugin)) as $file) {
            if ($file->getExtension() === 'php') {
                $name = substr($file->getPathname(), strlen($CFG->plugin) + 1);
                $files[$name] = [$name, $file->getPathname()];
            }
        }
        ksort($files);
        return $files;
    }

    /** @dataProvider php_files */
    public function test_a_file_is_php(string $name, string $path): void {
        exec(escapeshellarg(PHP_BINARY) . ' -l ' . escapeshellarg($path) . ' 2>&1', $said, $code);
        $this->assertSame(0, $code, implode("\n", $said));
    }

    /** @dataProvider php_files */
    public function test_a_file_begins_as_moodle_wants(string $name, string $path): void {
        $text = file_get_contents($path);
        $this->assertStringStartsWith("<?php\n// This file is part of Moodle - http://moodle.org/\n", $text);
        $this->assertMatchesRegularExpression('/^ \* @package +local_matricula$/m', $text);
        $this->assertMatchesRegularExpression('/^ \* @copyright +\S/m', $text);
        $this->assertMatchesRegularExpression(
            '~^ \* @license +http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later$~m', $text);
        $this->assertStringNotContainsString("\t", $text);
        $this->assertStringEndsWith("\n", $text);
        $this->assertDoesNotMatchRegularExpression('/[ \t]$/m', $text);
        if (strpos($name, 'lang/') !== 0) {
            foreach (explode("\n", $text) as $number => $line) {
                $this->assertLessThanOrEqual(132, mb_strlen($line), "$name:" . ($number + 1));
            }
        }
    }

    /** No one may call these as pages of the site. */
    public function test_what_is_no_page_cannot_be_called(): void {
        foreach (array_keys(self::php_files()) as $name) {
            if (in_array($name, ['index.php', 'cli/invalidate.php'])) {
                continue;
            }
            $text = file_get_contents(self::php_files()[$name][1]);
            $isclass = preg_match('/^namespace local_matricula/m', $text);
            $this->assertTrue($isclass || strpos($text, "defined('MOODLE_INTERNAL') || die();") !== false, $name);
        }
    }

    public function test_the_class_of_a_file_can_be_loaded(): void {
        foreach (array_keys(self::php_files()) as $name) {
            if (strpos($name, 'classes/') === 0) {
                $class = 'local_matricula\\' . str_replace('/', '\\', substr($name, strlen('classes/'), -strlen('.php')));
                $this->assertTrue(class_exists($class) || interface_exists($class), $class);
            }
        }
    }

    public function test_install_xml_names_a_table_that_moodle_takes(): void {
        global $CFG;
        libxml_use_internal_errors(true);
        $xml = simplexml_load_file("{$CFG->plugin}/db/install.xml");
        $this->assertNotFalse($xml);
        $this->assertSame('local/matricula/db', (string) $xml['PATH']);
        $this->assertCount(1, $xml->TABLES->TABLE);
        $table = $xml->TABLES->TABLE;
        $this->assertStringStartsWith('local_matricula_', (string) $table['NAME']);
        $this->assertLessThanOrEqual(28, strlen((string) $table['NAME']));
        $names = [];
        foreach ($table->FIELDS->FIELD as $field) {
            $names[] = (string) $field['NAME'];
            $this->assertMatchesRegularExpression('/^[a-z]{2,30}$/', (string) $field['NAME']);
        }
        foreach ($table->INDEXES->INDEX as $index) {
            $this->assertContains((string) $index['FIELDS'], $names);
        }
    }

    public function test_version_says_what_it_needs(): void {
        global $CFG;
        $plugin = new stdClass();
        require("{$CFG->plugin}/version.php");
        $this->assertSame('local_matricula', $plugin->component);
        $this->assertSame(2022112800, $plugin->requires);
        $this->assertSame([401, 500], $plugin->supported);
        $this->assertMatchesRegularExpression('/^20[0-9]{8}$/', (string) $plugin->version);
    }

    public function test_the_tasks_and_the_capability_are_those_that_are_there(): void {
        global $CFG;
        $tasks = $capabilities = [];
        require("{$CFG->plugin}/db/tasks.php");
        require("{$CFG->plugin}/db/access.php");
        $names = [];
        foreach ($tasks as $task) {
            $this->assertTrue(is_subclass_of($task['classname'], 'core\task\scheduled_task'));
            $names[] = (new $task['classname']())->get_name();
        }
        $this->assertSame(
            [get_string('taskname', 'local_matricula'), get_string('deletiontaskname', 'local_matricula')], $names);
        $this->assertSame(['local/matricula:viewruns'], array_keys($capabilities));
        foreach (['index.php', 'settings.php'] as $user) {
            $this->assertStringContainsString("'local/matricula:viewruns'", file_get_contents("{$CFG->plugin}/$user"));
        }
    }

    public function test_the_privacy_provider_gives_a_reason(): void {
        $provider = 'local_matricula\privacy\provider';
        $this->assertTrue(is_subclass_of($provider, 'core_privacy\local\metadata\null_provider'));
        $this->assertStringNotContainsString('[[', get_string($provider::get_reason(), 'local_matricula'));
    }

    /** What the target writes and what the plugin reads. */
    public function test_the_plugin_knows_every_kind_of_the_schema(): void {
        $schema = file_get_contents(dirname(__DIR__, 2) . '/config/targets/moodle/schema.sql');
        $this->assertSame(1, preg_match("/check \(kind in \(([^)]+)\)\)/", $schema, $found));
        preg_match_all("/'([^']+)'/", $found[1], $kinds);
        $this->assertEqualsCanonicalizing($kinds[1], local_matricula\change::KINDS);
    }

    /** Whoever reads about the grants must be told the same everywhere. */
    public function test_the_grants_are_those_of_the_documents(): void {
        global $CFG;
        $squeeze = fn(string $text): string => strtolower(preg_replace('/\s+/', ' ', $text));
        $grants = local_matricula\changes_table::grants() . ' ' . local_matricula\deletions_table::grants();
        foreach (["{$CFG->plugin}/README.md", dirname(__DIR__, 2) . '/docs/moodle.md'] as $document) {
            $text = str_replace(['"', ';'], '', $squeeze(file_get_contents($document)));
            foreach (explode('; ', rtrim($grants, ';')) as $grant) {
                $this->assertStringContainsString(str_replace('"', '', $squeeze($grant)), $text, $document);
            }
        }
    }
}
