<?php
// SPDX-License-Identifier: Apache-2.0
// Of Moodle's $DB what the plugin uses, on a real PostgreSQL and with Moodle's rules: names in braces get the prefix,
// placeholders are question marks and are counted, the first column of records is unique, values come back as strings.

class dml_exception extends Exception {
}

class postgres_moodle_database extends moodle_database {
    public string $family = 'postgres';

    /** A connection of pg_connect. */
    public $connection;

    public function __construct(string $url) {
        $this->connection = pg_connect($url, PGSQL_CONNECT_FORCE_NEW);
        if (!$this->connection) {
            throw new dml_exception('there is no PostgreSQL at POSTGRES_URL');
        }
    }

    public function get_dbfamily() {
        return $this->family;
    }

    public function is_transaction_started() {
        return pg_transaction_status($this->connection) !== PGSQL_TRANSACTION_IDLE;
    }

    public function force_transaction_rollback() {
        $this->query('ROLLBACK', []);
    }

    public function get_in_or_equal($items) {
        return ['IN (' . implode(',', array_fill(0, count($items), '?')) . ')', array_values($items)];
    }

    public function execute($sql, ?array $params = null) {
        if (strpos($sql, ';') !== false) {
            throw new dml_exception('Multiple sql statements found or bound parameters not used properly in query!');
        }
        $this->query($sql, $params ?? []);
        return true;
    }

    public function get_records_sql($sql, ?array $params = null, $limitfrom = 0, $limitnum = 0) {
        if ($limitnum) {
            $sql .= " LIMIT $limitnum";
        }
        if ($limitfrom) {
            $sql .= " OFFSET $limitfrom";
        }
        $records = [];
        foreach (pg_fetch_all($this->query($sql, $params ?? [])) as $row) {
            $key = reset($row);
            if (isset($records[$key])) {
                throw new dml_exception("Did you remember to make the first column something unique? $key");
            }
            $records[$key] = (object) $row;
        }
        return $records;
    }

    public function get_record_sql($sql, ?array $params = null) {
        $records = $this->get_records_sql($sql, $params);
        return $records ? reset($records) : false;
    }

    public function get_records($table, ?array $conditions, $sort, $fields, $limitfrom, $limitnum) {
        if ($conditions) {
            throw new dml_exception('not here');
        }
        return $this->get_records_sql("SELECT $fields FROM {{$table}} ORDER BY $sort", [], $limitfrom, $limitnum);
    }

    public function record_exists($table, array $conditions) {
        $where = implode(' AND ', array_map(fn(string $name): string => "$name = ?", array_keys($conditions)));
        return (bool) $this->get_records_sql("SELECT 1 AS found FROM {{$table}} WHERE $where", array_values($conditions));
    }

    public function count_records($table) {
        return (int) pg_fetch_result($this->query("SELECT COUNT(*) FROM {{$table}}", []), 0, 0);
    }

    public function insert_record($table, $record) {
        $values = (array) $record;
        $marks = implode(', ', array_fill(0, count($values), '?'));
        $this->query("INSERT INTO {{$table}} (" . implode(', ', array_keys($values)) . ") VALUES ($marks)",
            array_values($values));
    }

    public function delete_records_select($table, $select, ?array $params = null) {
        $this->query("DELETE FROM {{$table}} WHERE $select", $params ?? []);
    }

    private function query(string $sql, array $params) {
        $sql = preg_replace('/\{([a-z][a-z0-9_]*)\}/', 'mdl_$1', $sql);
        if (preg_match('/(?<!:):[a-z]/', $sql) || preg_match('/\$[1-9]/', $sql)) {
            throw new dml_exception('mixedtypesqlparam');
        }
        if (substr_count($sql, '?') !== count($params)) {
            throw new dml_exception('invalidqueryparam');
        }
        $number = 0;
        $sql = preg_replace_callback('/\?/', function () use (&$number): string {
            return '$' . ++$number;
        }, $sql);
        $result = @pg_query_params($this->connection, $sql, $params);
        if (!$result) {
            throw new dml_exception(pg_last_error($this->connection));
        }
        return $result;
    }
}
