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
 * The runs of the last days, for the page.
 *
 * @package    local_matricula
 * @copyright  2026 matricula contributors
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class runs {
    /** @var string */
    private const TABLE = 'local_matricula_run';

    /** @var int */
    public const DAYS_MAX = 30;

    /** @var \moodle_database */
    private \moodle_database $db;

    /**
     * The runs in a database.
     *
     * @param \moodle_database $db
     */
    public function __construct(\moodle_database $db) {
        $this->db = $db;
    }

    /**
     * Remembers a run, and forgets old ones. The task runs every minute, so there is a row only for a run that has done
     * something, and one for an outage: not for every minute of it. That matricula has never run here is no outage.
     *
     * @param run $run
     */
    public function record(run $run): void {
        if (!array_sum($run->invalidated)) {
            if (!in_array($run->outcome, [run::FAILED, run::NOPRIVILEGE]) || $run->outcome === $this->last_outcome()) {
                return;
            }
        }
        $this->db->insert_record(self::TABLE, (object) [
            'timestarted' => $run->timestarted,
            'durationms' => $run->durationms,
            'origin' => $run->origin,
            'categories' => $run->invalidated[change::CATEGORIES],
            'courses' => $run->invalidated[change::COURSE],
            'coursegroups' => $run->invalidated[change::GROUPS],
            'usergroups' => $run->invalidated[change::MEMBERS],
            'coursepeople' => $run->invalidated[change::PEOPLE],
            'outcome' => $run->outcome,
            'detail' => $run->failure === null ? null : \core_text::substr($run->failure->getMessage(), 0, 255),
        ]);
        $this->db->delete_records_select(
            self::TABLE,
            'timestarted < ?',
            [$run->timestarted - self::DAYS_MAX * DAYSECS]
        );
    }

    /**
     * How many there are.
     *
     * @return int
     */
    public function count(): int {
        return $this->db->count_records(self::TABLE);
    }

    /**
     * The newest first.
     *
     * @param int $from from 0
     * @param int $max
     * @return \stdClass[]
     */
    public function latest(int $from, int $max): array {
        return $this->db->get_records(self::TABLE, null, 'id DESC', '*', $from, $max);
    }

    /**
     * How the last run that has a row ended.
     *
     * @return string|null
     */
    private function last_outcome(): ?string {
        $rows = $this->latest(0, 1);
        return $rows ? reset($rows)->outcome : null;
    }
}
