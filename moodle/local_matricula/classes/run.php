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
 * What one run has done and how it ended. It names nobody: kinds, numbers and times.
 *
 * @package    local_matricula
 * @copyright  2026 matricula contributors
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class run {
    /** @var string All that waited is invalidated. */
    public const DONE = 'done';

    /** @var string The time was over; the next run goes on. */
    public const UNFINISHED = 'unfinished';

    /** @var string A cache or the database failed; what was not invalidated waits. */
    public const FAILED = 'failed';

    /** @var string Moodle's database user may not read matricula's table. */
    public const NOPRIVILEGE = 'noprivilege';

    /** @var string There is no table of matricula's in this database. */
    public const NOTABLE = 'notable';

    /** @var string This Moodle is not on PostgreSQL. */
    public const NOTPOSTGRES = 'notpostgres';

    /** @var string[] */
    public const OUTCOMES = [
        self::DONE, self::UNFINISHED, self::FAILED, self::NOPRIVILEGE, self::NOTABLE, self::NOTPOSTGRES,
    ];

    /** @var string Started by cron. */
    public const BYTASK = 'task';

    /** @var string Started by somebody at the command line. */
    public const BYCLI = 'cli';

    /** @var string[] */
    public const ORIGINS = [self::BYTASK, self::BYCLI];

    /** @var string One of ORIGINS. */
    public string $origin;

    /** @var int Unix time. */
    public int $timestarted;

    /** @var int */
    public int $durationms = 0;

    /** @var int[] How many changes of each kind have been invalidated. */
    public array $invalidated;

    /** @var string One of OUTCOMES. */
    public string $outcome = self::DONE;

    /** @var \Throwable|null Why it failed. */
    public ?\Throwable $failure = null;

    /**
     * A run that begins.
     *
     * @param string $origin
     */
    public function __construct(string $origin) {
        $this->origin = $origin;
        $this->timestarted = time();
        $this->invalidated = array_fill_keys(change::KINDS, 0);
    }

    /**
     * Whether there is nothing to tell: there was nothing to do, and nothing in the way.
     *
     * @return bool
     */
    public function was_idle(): bool {
        return $this->outcome === self::DONE && !array_sum($this->invalidated);
    }

    /**
     * What an outcome means and, where something is in the way, what to do.
     *
     * @param string $outcome one of OUTCOMES
     * @return string plain text
     */
    public static function explain(string $outcome): string {
        return get_string('outcome_' . $outcome, 'local_matricula', changes_table::grants());
    }

    /**
     * The run in words.
     *
     * @return string plain text, a line for each thing to say
     */
    public function describe(): string {
        $lines = [];
        if (array_sum($this->invalidated)) {
            $lines[] = get_string('summary', 'local_matricula', $this->invalidated + ['ms' => $this->durationms]);
        }
        $lines[] = self::explain($this->outcome);
        if ($this->failure !== null) {
            $lines[] = $this->failure->getMessage();
        }
        return implode("\n", $lines);
    }
}
