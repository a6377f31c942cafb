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
 * What waits to be invalidated, and what the last runs have done.
 *
 * @package    local_matricula
 * @copyright  2026 matricula contributors
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

use local_matricula\change;
use local_matricula\changes_table;
use local_matricula\deletions_table;
use local_matricula\run;
use local_matricula\runs;

require(__DIR__ . '/../../config.php');
require_once($CFG->libdir . '/adminlib.php');

$page = optional_param('page', 0, PARAM_INT);
$perpage = 50;
// The task runs every minute. What waits for longer than this waits for something else.
$patience = 10 * MINSECS;

admin_externalpage_setup('local_matricula_runs');
require_capability('local/matricula:viewruns', context_system::instance());

$timeformat = get_string('strftimedatetimeshort', 'core_langconfig');

echo $OUTPUT->header();
echo $OUTPUT->heading(get_string('pluginname', 'local_matricula'));

echo $OUTPUT->heading(get_string('waiting', 'local_matricula'), 3);
$changes = new changes_table($DB);
$obstacle = $changes->obstacle();
$waiting = $obstacle === null ? $changes->waiting() : [];
if ($obstacle !== null) {
    echo $OUTPUT->notification(s(run::explain($obstacle)), \core\output\notification::NOTIFY_WARNING);
} else if (!$waiting) {
    echo html_writer::tag('p', get_string('nothingwaiting', 'local_matricula'));
} else {
    if (min(array_column($waiting, 'since')) < time() - $patience) {
        echo $OUTPUT->notification(
            get_string('waitinglong', 'local_matricula'),
            \core\output\notification::NOTIFY_WARNING
        );
    }
    $table = new html_table();
    $table->head = [
        get_string('kind', 'local_matricula'),
        get_string('number', 'local_matricula'),
        get_string('since', 'local_matricula'),
    ];
    foreach ($waiting as $kind => $row) {
        $isknown = in_array($kind, change::KINDS);
        $table->data[] = [
            $isknown ? get_string('kind_' . $kind, 'local_matricula') : get_string('unknownkind', 'local_matricula', s($kind)),
            $row->number,
            userdate($row->since, $timeformat),
        ];
    }
    echo html_writer::table($table);
}

echo $OUTPUT->heading(get_string('deletion', 'local_matricula'), 3);
$deletions = new deletions_table($DB);
$obstacle = $deletions->obstacle();
$waiting = $obstacle === null ? $deletions->waiting() : null;
if ($obstacle === run::NOPRIVILEGE) {
    // No warning: where matricula's calendar deletes nothing, the right may be left out for good.
    echo html_writer::tag('p', s(get_string('deletionnoprivilege', 'local_matricula', deletions_table::grants())));
} else if ($waiting === null || !$waiting->number) {
    echo html_writer::tag('p', get_string('nodeletion', 'local_matricula'));
} else {
    echo html_writer::tag('p', get_string('deletionwaiting', 'local_matricula', [
        'number' => $waiting->number,
        'since' => userdate($waiting->since, $timeformat),
        'tried' => $waiting->tried,
    ]));
}

echo $OUTPUT->heading(get_string('runs', 'local_matricula'), 3);
$runs = new runs($DB);
$total = $runs->count();
if (!$total) {
    echo html_writer::tag('p', get_string('noruns', 'local_matricula'));
} else {
    $table = new html_table();
    $table->head = [
        get_string('started', 'local_matricula'),
        get_string('origin', 'local_matricula'),
        get_string('kind_categories', 'local_matricula'),
        get_string('kind_course', 'local_matricula'),
        get_string('kind_groups', 'local_matricula'),
        get_string('kind_members', 'local_matricula'),
        get_string('kind_people', 'local_matricula'),
        get_string('duration', 'local_matricula'),
        get_string('outcome', 'local_matricula'),
    ];
    foreach ($runs->latest($page * $perpage, $perpage) as $row) {
        $table->data[] = [
            userdate($row->timestarted, $timeformat),
            get_string('origin_' . $row->origin, 'local_matricula'),
            $row->categories,
            $row->courses,
            $row->coursegroups,
            $row->usergroups,
            $row->coursepeople,
            $row->durationms,
            s(trim(run::explain($row->outcome) . ' ' . $row->detail)),
        ];
    }
    echo html_writer::table($table);
    echo $OUTPUT->paging_bar($total, $page, $perpage, new moodle_url('/local/matricula/index.php'));
}

echo $OUTPUT->footer();
