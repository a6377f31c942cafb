<?php
// SPDX-License-Identifier: Apache-2.0
// Moodle's file, which has to be read before its functions are called.

function fix_course_sortorder() {
    moodle_course_stand_in::$counted++;
}
