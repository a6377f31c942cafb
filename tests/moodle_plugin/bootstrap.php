<?php
// SPDX-License-Identifier: Apache-2.0
// For PHPUnit: the stand-ins for Moodle, and the plugin where it lies in the repository.

require_once(__DIR__ . '/stand_ins.php');
require_once(__DIR__ . '/postgres_moodle_database.php');
require_once(__DIR__ . '/database_fixture.php');
place_plugin(dirname(__DIR__, 2) . '/moodle/local_matricula');

/** In a Moodle this forbids changes to the database. */
abstract class basic_testcase extends PHPUnit\Framework\TestCase {
}
