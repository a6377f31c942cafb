<?php
// SPDX-License-Identifier: Apache-2.0
// Stands in for the config.php of a Moodle: site_test.php copies this folder and puts the plugin into its local/matricula.

require_once(getenv('STAND_INS') . '/stand_ins.php');
require_once(getenv('STAND_INS') . '/postgres_moodle_database.php');

$CFG->libdir = __DIR__ . '/lib';
$CFG->lang = getenv('LANG_SHOWN') ?: 'en';
place_plugin(__DIR__ . '/local/matricula');

$DB = new postgres_moodle_database(getenv('DATABASE_URL'));
if (getenv('DATABASE_ROLE')) {
    $DB->execute('set session authorization ' . getenv('DATABASE_ROLE'));
    $CFG->dbuser = getenv('DATABASE_ROLE');
}

const PARAM_INT = 'int';

function optional_param(string $name, $default, string $type) {
    $given = getenv(strtoupper($name));
    return $given === false ? $default : (int) $given;
}

class context_system {
    public static function instance(): self {
        return new self();
    }
}

function require_capability(string $capability, context_system $context): void {
    if (getenv('CAPABILITIES') === 'none') {
        echo "nopermissions $capability";
        exit(1);
    }
}

class moodle_url {
    public function __construct(string $path) {
        if (!is_file(__DIR__ . $path)) {
            throw new Exception("there is no page $path");
        }
    }
}

class html_table {
    public array $head = [];
    public array $data = [];
}

class html_writer {
    public static function tag(string $tag, string $text): string {
        return "<$tag>$text";
    }

    public static function table(html_table $table): string {
        $rows = '<th>' . implode('<th>', $table->head);
        foreach ($table->data as $row) {
            if (count($row) !== count($table->head)) {
                throw new Exception('a row has another number of cells than the head');
            }
            $rows .= '<td>' . implode('<td>', $row);
        }
        return $rows;
    }
}

$OUTPUT = new class {
    public static string $page = '';

    public function header(): string {
        return '<header ' . self::$page . '>';
    }

    public function footer(): string {
        return '<footer>';
    }

    public function heading(string $text, int $level = 2): string {
        return "<h$level>$text";
    }

    public function notification(string $text, string $type): string {
        return "<$type>$text";
    }

    public function paging_bar(int $total, int $page, int $perpage, moodle_url $url): string {
        return "<pages $total $page $perpage>";
    }
};

eval('namespace core\output; class notification { const NOTIFY_WARNING = "warning"; }');
