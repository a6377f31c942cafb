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
 * Matricula's own table, matricula.moodle_deletion in Moodle's database. The command "matricula calendar
 * --approve-deletion" fills it; what matricula has not made, or knows no more, is not read from it.
 *
 * @package    local_matricula
 * @copyright  2026 matricula contributors
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class deletions_table implements deletions {
    /** @var string */
    private const TABLE = 'matricula.moodle_deletion';

    /** @var string The courses that matricula has made. */
    private const MADE = 'matricula.moodle_course';

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
    public function read(int $max): array {
        $records = $this->db->get_records_sql(
            "SELECT d.course_id AS id
               FROM " . self::TABLE . " d
               JOIN " . self::MADE . " m ON m.course_id = d.course_id
           ORDER BY d.tried_at NULLS FIRST, d.course_id",
            [],
            0,
            $max
        );
        return array_map(fn(\stdClass $record): int => (int) $record->id, array_values($records));
    }

    #[\Override]
    public function begin(int $courseid): void {
        $this->db->execute("UPDATE " . self::TABLE . " SET tried_at = now() WHERE course_id = ?", [$courseid]);
    }

    #[\Override]
    public function remove(int $courseid): void {
        $this->db->execute("DELETE FROM " . self::TABLE . " WHERE course_id = ?", [$courseid]);
    }

    /**
     * How many wait, since when, and how many of them Moodle has tried to delete before.
     *
     * @return \stdClass number, since (a Unix time) and tried
     */
    public function waiting(): \stdClass {
        return $this->db->get_record_sql(
            "SELECT COUNT(*) AS number, CAST(EXTRACT(EPOCH FROM MIN(d.asked_at)) AS bigint) AS since,
                    COUNT(d.tried_at) AS tried
               FROM " . self::TABLE . " d
               JOIN " . self::MADE . " m ON m.course_id = d.course_id"
        );
    }

    /**
     * What is used here.
     *
     * @return matricula_tables
     */
    private static function tables(): matricula_tables {
        return new matricula_tables([
            'moodle_course' => ['SELECT'],
            'moodle_deletion' => ['SELECT', 'UPDATE', 'DELETE'],
        ]);
    }
}
