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
 * Puts the page of the last runs under Site administration > Reports, and the setting under Plugins > Local plugins.
 *
 * @package    local_matricula
 * @copyright  2026 matricula contributors
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

// Without asking for $hassiteconfig: managers may see the page, too, by its capability.
$ADMIN->add('reports', new admin_externalpage(
    'local_matricula_runs',
    get_string('pluginname', 'local_matricula'),
    new moodle_url('/local/matricula/index.php'),
    'local/matricula:viewruns'
));

if ($hassiteconfig) {
    $settings = new admin_settingpage('local_matricula', get_string('pluginname', 'local_matricula'));
    $settings->add(new admin_setting_configtext(
        'local_matricula/deletionsmax',
        get_string('deletionsmax', 'local_matricula'),
        get_string('deletionsmax_desc', 'local_matricula'),
        \local_matricula\deletion::COURSES_MAX,
        PARAM_INT
    ));
    $ADMIN->add('localplugins', $settings);
}
