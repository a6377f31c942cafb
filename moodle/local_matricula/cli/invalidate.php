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

/**
 * Invalidates at once what matricula has changed, without waiting for cron.
 *
 * @package    local_matricula
 * @copyright  2026 matricula contributors
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

use local_matricula\changes_table;
use local_matricula\invalidation;
use local_matricula\moodle_caches;
use local_matricula\run;
use local_matricula\runs;

define('CLI_SCRIPT', true);

require(__DIR__ . '/../../../config.php');
require_once($CFG->libdir . '/clilib.php');

[$options, $unrecognised] = cli_get_params(
    ['help' => false, 'dry-run' => false, 'seconds' => 300],
    ['h' => 'help', 'n' => 'dry-run']
);

if ($unrecognised) {
    cli_error(get_string('cliunknowoption', 'admin', implode("\n  ", $unrecognised)));
}

if ($options['help']) {
    cli_writeln("Invalidates at once what matricula has changed in Moodle's tables and Moodle may still have in its caches.
The scheduled task does the same every minute; it does no harm to run both at the same time.

Options:
  -n, --dry-run    only say what waits, and since when
  --seconds=N      begin nothing more after N seconds (default: 300)
  -h, --help       this text

Exit code:
  0  nothing waits any more
  1  it could not be done; what is in the way is said
  2  the time was over, or --dry-run and something waits: run it again

Example:
  sudo -u www-data php local/matricula/cli/invalidate.php");
    exit(0);
}

// Without a value it is true.
if ($options['seconds'] === true || !preg_match('/^[1-9][0-9]{0,5}$/', (string) $options['seconds'])) {
    cli_error('--seconds needs a number of seconds, such as --seconds=300');
}

$changes = new changes_table($DB);

if ($options['dry-run']) {
    $obstacle = $changes->obstacle();
    if ($obstacle !== null) {
        cli_error(run::explain($obstacle));
    }
    $waiting = $changes->waiting();
    foreach ($waiting as $kind => $row) {
        cli_writeln("$kind: {$row->number}, " . userdate($row->since));
    }
    if (!$waiting) {
        cli_writeln(get_string('nothingwaiting', 'local_matricula'));
    }
    exit($waiting ? 2 : 0);
}

$run = (new invalidation($changes, new moodle_caches()))->run(run::BYCLI, (float) $options['seconds']);
if ($run->outcome === run::DONE || $run->outcome === run::UNFINISHED) {
    cli_writeln($run->describe());
} else {
    cli_problem($run->describe());
}
(new runs($DB))->record($run);

exit([run::DONE => 0, run::UNFINISHED => 2][$run->outcome] ?? 1);
