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
 * The changes in matricula's own table, matricula.moodle_change in Moodle's database.
 *
 * The target "moodle" of matricula makes and fills it: a row for each kind and ref, with the time at which the newest
 * change of it began.
 *
 * @package    local_matricula
 * @copyright  2026 matricula contributors
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class changes_table implements changes {
    /** @var string */
    private const TABLE = 'matricula.moodle_change';

    /** @var \moodle_database */
    private \moodle_database $db;

    /**
     * The table in a database.
     *
     * @param \moodle_database $db
     */
    public function __construct(\moodle_database $db) {
        $this->db = $db;
    }

    /**
     * What an administrator of the database has to run if the privileges are missing.
     *
     * @return string SQL
     */
    public static function grants(): string {
        return self::tables()->grants();
    }

    #[\Override]
    public function obstacle(): ?string {
        return self::tables()->obstacle($this->db);
    }

    #[\Override]
    public function read(?change $after, int $max): array {
        [$iskind, $params] = $this->db->get_in_or_equal(change::KINDS);
        $isafter = '';
        if ($after !== null) {
            $isafter = 'AND (kind, ref) > (?, ?)';
            array_push($params, $after->kind, $after->ref);
        }
        // Each write of a row gives it another xmin, the number of the writing transaction. The time would not do: two
        // transactions may begin in the same microsecond.
        $records = $this->db->get_records_sql(
            "SELECT kind || ' ' || CAST(ref AS text) AS id, kind, ref, CAST(xmin AS text) AS version
               FROM " . self::TABLE . "
              WHERE kind $iskind $isafter
           ORDER BY kind, ref",
            $params,
            0,
            $max
        );
        $changes = [];
        foreach ($records as $record) {
            $changes[] = new change($record->kind, (int) $record->ref, $record->version);
        }
        return $changes;
    }

    #[\Override]
    public function remove(array $changes): void {
        // A row that matricula is writing at this moment is passed over: it will be another one, and to wait for it with
        // other rows locked could end in a deadlock with matricula. PostgreSQL wants the privilege UPDATE for FOR UPDATE.
        $this->db->execute(
            "DELETE FROM " . self::TABLE . "
              WHERE ctid = ANY (ARRAY(
                    SELECT c.ctid
                      FROM " . self::TABLE . " c
                      JOIN unnest(CAST(? AS text[]), CAST(? AS bigint[]), CAST(? AS text[])) AS done (kind, ref, version)
                        ON done.kind = c.kind AND done.ref = c.ref AND done.version = CAST(c.xmin AS text)
                       FOR UPDATE OF c SKIP LOCKED))",
            [
                self::to_array(array_column($changes, 'kind')),
                self::to_array(array_column($changes, 'ref')),
                self::to_array(array_column($changes, 'version')),
            ]
        );
    }

    /**
     * What waits, for people to look at.
     *
     * @return \stdClass[] by kind: number and since, a Unix time; also of kinds that this version does not know
     */
    public function waiting(): array {
        return $this->db->get_records_sql(
            "SELECT kind, COUNT(*) AS number, CAST(EXTRACT(EPOCH FROM MIN(at)) AS bigint) AS since
               FROM " . self::TABLE . "
           GROUP BY kind
           ORDER BY kind"
        );
    }

    /**
     * An array as PostgreSQL reads it.
     *
     * @param array $values numbers, or words that need no quotes
     * @return string
     */
    private static function to_array(array $values): string {
        return '{' . implode(',', $values) . '}';
    }

    /**
     * What is used here.
     *
     * @return matricula_tables
     */
    private static function tables(): matricula_tables {
        return new matricula_tables(['moodle_change' => ['SELECT', 'UPDATE', 'DELETE']]);
    }
}
