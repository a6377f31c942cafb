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

/**
 * Tables of matricula's own, in its schema in Moodle's database, and what Moodle must be allowed to do with them.
 *
 * They are no tables of Moodle's, so they have no prefix and are written out.
 *
 * @package    local_matricula
 * @copyright  2026 matricula contributors
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class matricula_tables {
    /** @var string[][] privileges by the table's name, such as moodle_change => [SELECT, UPDATE] */
    private array $needed;

    /**
     * Tables that belong together.
     *
     * @param string[][] $needed privileges by the table's name
     */
    public function __construct(array $needed) {
        $this->needed = $needed;
    }

    /**
     * What an administrator of the database has to run if the privileges are missing.
     *
     * @return string SQL
     */
    public function grants(): string {
        global $CFG;
        $sql = "GRANT USAGE ON SCHEMA matricula TO \"{$CFG->dbuser}\";";
        foreach ($this->needed as $table => $privileges) {
            $sql .= ' GRANT ' . implode(', ', $privileges) . " ON matricula.$table TO \"{$CFG->dbuser}\";";
        }
        return $sql;
    }

    /**
     * Why they cannot be used.
     *
     * @param \moodle_database $db
     * @return string|null one of the constants of run; null: they can
     */
    public function obstacle(\moodle_database $db): ?string {
        if ($db->get_dbfamily() !== 'postgres') {
            return run::NOTPOSTGRES;
        }
        foreach ($this->needed as $table => $privileges) {
            // Asked of the catalogue, since an error's text depends on the server's language.
            $found = $db->get_record_sql(
                "SELECT c.oid AS id,
                        CAST(has_schema_privilege(n.oid, 'USAGE')
                             AND (SELECT bool_and(has_table_privilege(c.oid, privilege))
                                    FROM unnest(CAST(? AS text[])) AS privilege) AS integer) AS usable
                   FROM pg_class c
                   JOIN pg_namespace n ON n.oid = c.relnamespace
                  WHERE n.nspname = 'matricula' AND c.relname = ?",
                ['{' . implode(',', $privileges) . '}', $table]
            );
            if (!$found) {
                return run::NOTABLE;
            }
            if (!$found->usable) {
                return run::NOPRIVILEGE;
            }
        }
        return null;
    }
}
