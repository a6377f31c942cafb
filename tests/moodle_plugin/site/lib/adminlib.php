<?php
// SPDX-License-Identifier: Apache-2.0
// Moodle looks the page up among those that settings.php has added; this does, too.

class admin_externalpage {
    public function __construct(
        public string $name,
        public string $title,
        public moodle_url $url,
        public string $capability
    ) {
    }
}

function admin_externalpage_setup(string $name): void {
    global $CFG, $OUTPUT;
    $ADMIN = new class {
        public array $pages = [];

        public function add(string $parent, admin_externalpage $page): void {
            $this->pages["$parent/$page->name"] = $page;
        }
    };
    require("{$CFG->plugin}/settings.php");
    if (!isset($ADMIN->pages["reports/$name"])) {
        throw new Exception("there is no page $name");
    }
    $OUTPUT::$page = $name;
}
