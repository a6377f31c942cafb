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
 * Brings the plugin's table up to date.
 *
 * @package    local_matricula
 * @copyright  2026 matricula contributors
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

/**
 * From an earlier version.
 *
 * @param int $oldversion
 * @return bool
 */
function xmldb_local_matricula_upgrade($oldversion) {
    global $DB;
    $manager = $DB->get_manager();

    if ($oldversion < 2026113000) {
        $table = new xmldb_table('local_matricula_run');
        $field = new xmldb_field('coursepeople', XMLDB_TYPE_INTEGER, '10', null, XMLDB_NOTNULL, null, '0', 'usergroups');
        if (!$manager->field_exists($table, $field)) {
            $manager->add_field($table, $field);
        }
        upgrade_plugin_savepoint(true, 2026113000, 'local', 'matricula');
    }

    return true;
}
