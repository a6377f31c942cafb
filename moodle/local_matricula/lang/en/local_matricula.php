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
 * English strings.
 *
 * @package    local_matricula
 * @copyright  2026 matricula contributors
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

$string['deletion'] = 'Deletion of past years\' courses';
$string['deletionnoprivilege'] = 'Moodle\'s database user may not read which courses are to be deleted. If matricula\'s calendar is to delete any, run this as the user of matricula, in Moodle\'s database: {$a}';
$string['deletionsmax'] = 'Courses deleted at a time';
$string['deletionsmax_desc'] = 'How many of the courses that matricula has made, and that somebody has approved for deletion there, a run of the scheduled task deletes. 0: none.';
$string['deletionsummary'] = 'Courses deleted: {$a}.';
$string['deletiontaskname'] = 'Delete the courses that matricula has made and that are approved for deletion';
$string['deletionwaiting'] = 'Courses that wait to be deleted: {$a->number}, since {$a->since}. Of these, tried before: {$a->tried}.';
$string['duration'] = 'Duration (ms)';
$string['kind'] = 'Change';
$string['kind_categories'] = 'Categories and their lists of courses';
$string['kind_course'] = 'Renamed courses';
$string['kind_groups'] = 'Groups of courses';
$string['kind_members'] = 'Group memberships';
$string['kind_people'] = 'People of courses';
$string['matricula:viewruns'] = 'See the runs of matricula\'s cache invalidation';
$string['nodeletion'] = 'No course waits to be deleted.';
$string['noruns'] = 'There has been nothing to do yet.';
$string['nothingwaiting'] = 'Nothing is waiting.';
$string['number'] = 'Number';
$string['origin'] = 'Started by';
$string['origin_cli'] = 'Command line';
$string['origin_task'] = 'Scheduled task';
$string['outcome'] = 'Outcome';
$string['outcome_done'] = 'Done.';
$string['outcome_failed'] = 'It failed. What has not been invalidated waits and will be tried again.';
$string['outcome_noprivilege'] = 'Moodle\'s database user may not read what matricula has changed. Run this as the user of matricula, in Moodle\'s database: {$a}';
$string['outcome_notable'] = 'There is no table matricula.moodle_change in this database, so there is nothing to invalidate. matricula makes it when it first starts for this site with the target "moodle".';
$string['outcome_notpostgres'] = 'matricula writes to Moodle on PostgreSQL only, and this Moodle uses another database: the plugin has nothing to do here.';
$string['outcome_unfinished'] = 'The time was over. The next run goes on.';
$string['pluginname'] = 'matricula: cache invalidation';
$string['privacy:metadata'] = 'The plugin stores no personal data: only when caches were invalidated, and how many.';
$string['runs'] = 'Last runs';
$string['since'] = 'Waiting since';
$string['started'] = 'Time';
$string['summary'] = 'Invalidated: categories {$a->categories}, renamed courses {$a->course}, courses with changed groups {$a->groups}, users with changed memberships {$a->members}, courses with changed people {$a->people}, in {$a->ms} ms.';
$string['taskname'] = 'Invalidate the caches of what matricula has changed';
$string['unknownkind'] = '{$a} (a newer version of this plugin is needed)';
$string['waiting'] = 'Waiting to be invalidated';
$string['waitinglong'] = 'Something has been waiting for more than ten minutes. Does Moodle\'s cron run, and is the plugin\'s scheduled task enabled? After failures Moodle tries a task more and more rarely, up to once a day; cli/invalidate.php of the plugin does it at once.';
