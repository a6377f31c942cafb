<?php
// SPDX-License-Identifier: Apache-2.0
// What the plugin uses of Moodle, as small as its tests allow. Each does what Moodle's own does in so far as the plugin
// could notice: get_string() gives [[key]] for what is missing, the database counts placeholders.

define('MOODLE_INTERNAL', true);
define('MATURITY_BETA', 100);
define('CONTEXT_SYSTEM', 10);
define('CAP_ALLOW', 1);
define('RISK_CONFIG', 2);
define('MINSECS', 60);
define('DAYSECS', 86400);

global $CFG;
$CFG = (object) ['dbuser' => 'moodle', 'lang' => 'en'];

/** Where the plugin is; its classes are loaded from there, as Moodle's autoloader would. */
function place_plugin(string $folder): void {
    global $CFG;
    $CFG->plugin = $folder;
    spl_autoload_register(function (string $class) use ($folder): void {
        if (strpos($class, 'local_matricula\\') === 0) {
            $file = $folder . '/classes/' . str_replace('\\', '/', substr($class, strlen('local_matricula\\'))) . '.php';
            if (is_file($file)) {
                require_once($file);
            }
        }
    });
}

function plugin_strings(string $lang): array {
    global $CFG;
    $string = [];
    require("{$CFG->plugin}/lang/$lang/local_matricula.php");
    return $string;
}

function get_string(string $key, string $component = '', $a = null): string {
    global $CFG;
    $core = [
        'admin/cliunknowoption' => "Unrecognised options:\n  {\$a}",
        'core_langconfig/strftimedatetimeshort' => '%d/%m/%y, %H:%M',
    ];
    $text = $component === 'local_matricula' ? plugin_strings($CFG->lang)[$key] ?? null : $core["$component/$key"] ?? null;
    if ($text === null) {
        return "[[$key]]";
    }
    if (is_array($a) || is_object($a)) {
        foreach ((array) $a as $name => $value) {
            $text = str_replace('{$a->' . $name . '}', (string) $value, $text);
        }
        return $text;
    }
    return str_replace('{$a}', (string) $a, $text);
}

function mtrace(string $text): void {
    echo $text . "\n";
}

function s($text): string {
    return htmlspecialchars((string) $text, ENT_QUOTES);
}

function userdate($time, string $format = ''): string {
    return gmdate('Y-m-d H:i', (int) $time);
}

class core_text {
    public static function substr(string $text, int $from, int $length): string {
        return mb_substr($text, $from, $length);
    }
}

/** Notes what it is asked. A file takes the lines, so that another process may be looked at. */
class cache_helper {
    public static array $asked = [];
    public static bool $fails = false;

    private static function note(string $line): void {
        if (self::$fails || getenv('CACHES_FAIL')) {
            throw new RuntimeException('the cache is away');
        }
        self::$asked[] = $line;
        if (getenv('CACHES_LOG')) {
            file_put_contents(getenv('CACHES_LOG'), $line . "\n", FILE_APPEND);
        }
    }

    public static function purge_by_event($event) {
        self::note("event $event");
    }

    public static function invalidate_by_definition($component, $area, array $identifiers = [], $keys = []) {
        self::note("$component/$area " . implode(',', $identifiers) . ':' . implode(',', (array) $keys));
        return true;
    }

    public static function invalidate_by_event($event, array $keys) {
        self::note("event $event :" . implode(',', $keys));
    }
}

abstract class moodle_database {
}

/** What Moodle's functions for courses have been asked. */
class moodle_course_stand_in {
    public static array $stubborn = [];
    public static bool $leavesopen = false;
    public static int $counted = 0;
}

function delete_course($courseorid, $showfeedback = true) {
    global $DB;
    // As Moodle's own, which asks for the course's format when most is gone.
    if (!function_exists('course_get_format')) {
        throw new RuntimeException('Call to undefined function course_get_format()');
    }
    if ($showfeedback || in_array($courseorid, moodle_course_stand_in::$stubborn)) {
        if (moodle_course_stand_in::$leavesopen) {
            $DB->execute('BEGIN');
        }
        throw new RuntimeException('a plugin of the course is broken');
    }
    $DB->execute('DELETE FROM {course} WHERE id = ?', [$courseorid]);
    return true;
}

function fix_course_sortorder() {
    moodle_course_stand_in::$counted++;
}

function get_config(string $plugin, string $name) {
    global $CFG;
    return $CFG->$name ?? false;
}

eval('namespace core\task; abstract class scheduled_task { abstract public function get_name();
      abstract public function execute(); }');
eval('namespace core_privacy\local\metadata; interface null_provider { public static function get_reason(): string; }');
