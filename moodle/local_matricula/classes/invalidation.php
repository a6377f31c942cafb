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
 * Invalidates what has been changed: reads a portion of the changes, invalidates their caches, takes the changes away.
 *
 * In this order, so that none is lost: whatever ends it in between, the changes that are still there are invalidated once
 * more, which harms nobody. For the same reason it needs no lock: when cron and somebody at the command line do it at the
 * same time, both invalidate, and each takes away only what it has read itself. A change that has been renewed meanwhile
 * stays for the next run. Changes are never told apart by their times: matricula notes when a transaction began, and one
 * that began earlier may end later.
 *
 * @package    local_matricula
 * @copyright  2026 matricula contributors
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class invalidation {
    /** @var int */
    public const PORTION_ROWS_MAX = 1000;

    /** @var string[][] The events that core fires itself when it does what matricula has done. */
    private const EVENTS = [
        change::CATEGORIES => ['changesincoursecat', 'changesincourse'],
        change::COURSE => ['changesincourse'],
        change::GROUPS => [],
        change::MEMBERS => [],
        change::PEOPLE => ['changesincategoryenrolment'],
    ];

    /** @var changes */
    private changes $changes;

    /** @var caches */
    private caches $caches;

    /** @var callable(): float Seconds that never go back. */
    private $seconds;

    /**
     * Made ready to run.
     *
     * @param changes $changes
     * @param caches $caches
     * @param callable|null $seconds a clock for tests
     */
    public function __construct(changes $changes, caches $caches, ?callable $seconds = null) {
        $this->changes = $changes;
        $this->caches = $caches;
        $this->seconds = $seconds ?? fn(): float => hrtime(true) / 1e9;
    }

    /**
     * Invalidates until nothing waits or the time is over, at least one portion. Throws nothing: the run tells.
     *
     * @param string $origin one of run::ORIGINS
     * @param float $secondsmax no further portion is begun after so many
     * @return run
     */
    public function run(string $origin, float $secondsmax): run {
        $run = new run($origin);
        $began = ($this->seconds)();
        try {
            $run->outcome = $this->changes->obstacle() ?? $this->invalidate_all($run, $began + $secondsmax);
        } catch (\Throwable $failure) {
            $run->outcome = run::FAILED;
            $run->failure = $failure;
        }
        $run->durationms = (int) round(1000 * (($this->seconds)() - $began));
        return $run;
    }

    /**
     * Goes through the changes once, by their keys, so that it comes to an end even if they are renewed all the time.
     *
     * @param run $run counts
     * @param float $deadline
     * @return string the outcome
     */
    private function invalidate_all(run $run, float $deadline): string {
        $last = null;
        do {
            $portion = $this->changes->read($last, self::PORTION_ROWS_MAX);
            if (!$portion) {
                return run::DONE;
            }
            $this->invalidate($portion, $run);
            $this->changes->remove($portion);
            if (count($portion) < self::PORTION_ROWS_MAX) {
                return run::DONE;
            }
            $last = end($portion);
        } while (($this->seconds)() < $deadline);
        return run::UNFINISHED;
    }

    /**
     * Each event once, however many changes ask for it. Once a portion, not once a run: a change that is read after the
     * event needs one of its own.
     *
     * @param change[] $portion
     * @param run $run
     */
    private function invalidate(array $portion, run $run): void {
        $refs = array_fill_keys(change::KINDS, []);
        foreach ($portion as $change) {
            $refs[$change->kind][] = $change->ref;
        }
        $events = [];
        foreach (array_filter($refs) as $kind => $unused) {
            $events = array_merge($events, self::EVENTS[$kind]);
        }
        foreach (array_unique($events) as $event) {
            $this->caches->purge_by_event($event);
        }
        if ($refs[change::GROUPS]) {
            $this->caches->forget_groups($refs[change::GROUPS]);
        }
        if ($refs[change::MEMBERS]) {
            $this->caches->forget_memberships($refs[change::MEMBERS]);
        }
        if ($refs[change::PEOPLE]) {
            $this->caches->forget_people($refs[change::PEOPLE]);
        }
        foreach ($refs as $kind => $done) {
            $run->invalidated[$kind] += count($done);
        }
    }
}
