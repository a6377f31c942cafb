<?php
// SPDX-License-Identifier: Apache-2.0

/**
 * A database of a test class's own on the server that POSTGRES_URL names, with matricula's schema as the target makes it
 * and the plugin's table as its install.xml says.
 */
abstract class database_fixture extends PHPUnit\Framework\TestCase {
    protected static string $name;
    protected static string $role;

    /** Moodle's connection, as the superuser unless a test says otherwise. */
    protected postgres_moodle_database $db;

    /** matricula's connection. */
    protected $writer;

    public static function setUpBeforeClass(): void {
        if (!getenv('POSTGRES_URL')) {
            throw new Exception('POSTGRES_URL is not set. Run the tests by scripts/test, or start a server with '
                . 'scripts/services start --dir DIR and load DIR/env');
        }
        self::$name = 'moodle_plugin_' . getmypid() . '_' . substr(md5(static::class), 0, 8);
        self::$role = self::$name . '_user';
        self::administer('drop database if exists ' . self::$name . ' with (force)');
        self::administer('create database ' . self::$name);
        self::administer('drop role if exists ' . self::$role);
        self::administer('create role ' . self::$role);
    }

    public static function tearDownAfterClass(): void {
        self::administer('drop database if exists ' . self::$name . ' with (force)');
        self::administer('drop role if exists ' . self::$role);
    }

    protected function setUp(): void {
        $this->db = new postgres_moodle_database(self::url());
        $this->writer = pg_connect(self::url(), PGSQL_CONNECT_FORCE_NEW);
        $this->write('drop schema if exists matricula cascade; drop table if exists mdl_local_matricula_run');
        $this->write(self::table_of_install_xml());
        cache_helper::$asked = [];
        cache_helper::$fails = false;
    }

    protected function tearDown(): void {
        pg_close($this->db->connection);
        pg_close($this->writer);
    }

    protected static function url(): string {
        return getenv('POSTGRES_URL') . '/' . self::$name;
    }

    /** What matricula does when it starts for a site. */
    protected function given_matricula_has_run_here(): void {
        $this->write('create schema matricula');
        $this->given_schema();
    }

    /** What it does there again when its schema.sql has changed. */
    protected function given_schema(): void {
        $this->write(file_get_contents(dirname(__DIR__, 2) . '/config/targets/moodle/schema.sql'));
    }

    /** What the target does for a change. */
    protected function matricula_notes(string $kind, string $refs, string $at = 'now()'): void {
        $this->write("insert into matricula.moodle_change (kind, ref, at) select '$kind', ref, $at from ($refs) as r (ref)
                      on conflict (kind, ref) do update set at = excluded.at");
    }

    protected function write(string $sql): void {
        if (!pg_query($this->writer, $sql)) {
            throw new Exception(pg_last_error($this->writer));
        }
    }

    /** The rows of the table, as "kind ref". */
    protected function waiting(): array {
        $result = pg_query($this->writer, "select kind || ' ' || ref from matricula.moodle_change order by kind, ref");
        return pg_fetch_all_columns($result);
    }

    private static function administer(string $sql): void {
        $connection = pg_connect(getenv('POSTGRES_URL') . '/postgres', PGSQL_CONNECT_FORCE_NEW);
        if (!pg_query($connection, $sql)) {
            throw new Exception(pg_last_error($connection));
        }
        pg_close($connection);
    }

    /** As Moodle's installer would make it on PostgreSQL. */
    private static function table_of_install_xml(): string {
        global $CFG;
        $columns = [];
        foreach (simplexml_load_file("{$CFG->plugin}/db/install.xml")->TABLES->TABLE->FIELDS->FIELD as $field) {
            $type = ['int' => 'bigint', 'char' => "varchar({$field['LENGTH']})"][(string) $field['TYPE']];
            $columns[] = $field['NAME'] . ' ' . ((string) $field['SEQUENCE'] === 'true' ? 'bigserial primary key' : $type)
                . ((string) $field['NOTNULL'] === 'true' ? ' not null' : '')
                . (isset($field['DEFAULT']) ? " default {$field['DEFAULT']}" : '');
        }
        return 'create table mdl_local_matricula_run (' . implode(', ', $columns) . ')';
    }
}
