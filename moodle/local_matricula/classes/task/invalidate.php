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

namespace local_matricula\task;

use local_matricula\changes_table;
use local_matricula\invalidation;
use local_matricula\moodle_caches;
use local_matricula\run;
use local_matricula\runs;

/**
 * The scheduled task: invalidates what matricula has changed since the last time.
 *
 * @package    local_matricula
 * @copyright  2026 matricula contributors
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class invalidate extends \core\task\scheduled_task {
    /** @var int Less than the minute until the next run. */
    private const SECONDS_MAX = 45;

    #[\Override]
    public function get_name() {
        return get_string('taskname', 'local_matricula');
    }

    #[\Override]
    public function execute() {
        global $DB;
        $run = (new invalidation(new changes_table($DB), new moodle_caches()))->run(run::BYTASK, self::SECONDS_MAX);
        if (!$run->was_idle()) {
            mtrace($run->describe());
        }
        (new runs($DB))->record($run);
        // Only a failure makes the task fail. A missing privilege does not: Moodle would wait longer after each failure, up
        // to a day, and would not notice for so long that it has been granted.
        if ($run->failure !== null) {
            throw $run->failure;
        }
    }
}
