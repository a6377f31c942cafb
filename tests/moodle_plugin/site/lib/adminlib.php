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

class admin_settingpage {
    public array $settings = [];

    public function __construct(public string $name, public string $title) {
    }

    public function add(admin_setting_configtext $setting): void {
        $this->settings[] = $setting;
    }
}

class admin_setting_configtext {
    public function __construct(
        public string $name,
        public string $title,
        public string $description,
        public int $default,
        public string $type
    ) {
        if (strpos($title . $description, '[[') !== false) {
            throw new Exception("the setting $name has no words");
        }
    }
}

function admin_externalpage_setup(string $name): void {
    global $CFG, $OUTPUT;
    $ADMIN = new class {
        public array $pages = [];

        public function add(string $parent, admin_externalpage|admin_settingpage $page): void {
            $this->pages["$parent/$page->name"] = $page;
        }
    };
    $hassiteconfig = true;
    require("{$CFG->plugin}/settings.php");
    if (!isset($ADMIN->pages["reports/$name"]) || !isset($ADMIN->pages['localplugins/local_matricula'])) {
        throw new Exception("there is no page $name");
    }
    $OUTPUT::$page = $name;
}
