<?php
// SPDX-License-Identifier: Apache-2.0

/** The strings in three languages, and those that the code asks for. */
final class strings_test extends PHPUnit\Framework\TestCase {
    /** Moodle asks for these by names that it makes itself. */
    private const ASKED_BY_MOODLE = ['matricula:viewruns', 'pluginname', 'privacy:metadata'];

    /** Beginnings to which the code adds one of the values. */
    private static function families(): array {
        return [
            'kind_' => local_matricula\change::KINDS,
            'origin_' => local_matricula\run::ORIGINS,
            'outcome_' => local_matricula\run::OUTCOMES,
        ];
    }

    private static function asked(): array {
        $asked = self::ASKED_BY_MOODLE;
        foreach (files_test::php_files() as [$name, $path]) {
            if (strpos($name, 'tests/') === 0) {
                continue;
            }
            $text = file_get_contents($path);
            preg_match_all("/get_string\(\s*'([^']+)'( \. [^,]+)?,\s*'local_matricula'/", $text, $calls, PREG_SET_ORDER);
            foreach ($calls as $call) {
                if (empty($call[2])) {
                    $asked[] = $call[1];
                } else {
                    foreach (self::families()[$call[1]] as $value) {
                        $asked[] = $call[1] . $value;
                    }
                }
            }
        }
        $asked = array_unique($asked);
        sort($asked);
        return $asked;
    }

    /** Strings that are missing, and strings that nobody asks for. */
    public function test_there_are_the_strings_that_are_asked_for(): void {
        $this->assertGreaterThan(20, count(self::asked()));
        $this->assertSame(self::asked(), array_keys(plugin_strings('en')));
    }

    public static function languages(): array {
        return [['en'], ['es'], ['ca_valencia']];
    }

    /** @dataProvider languages */
    public function test_a_language_has_the_strings_of_english_in_order(string $lang): void {
        $english = plugin_strings('en');
        $strings = plugin_strings($lang);
        $this->assertSame(array_keys($english), array_keys($strings));
        foreach ($strings as $key => $text) {
            $this->assertNotSame('', trim($text), $key);
            $this->assertSame(self::placeholders($english[$key]), self::placeholders($text), $key);
        }
    }

    public function test_the_languages_are_three(): void {
        $texts = [plugin_strings('en'), plugin_strings('es'), plugin_strings('ca_valencia')];
        foreach (array_keys($texts[0]) as $key) {
            $differ = count(array_unique(array_column($texts, $key)));
            $this->assertGreaterThan(1, $differ, "$key is the same in all languages");
        }
    }

    public function test_numbers_come_into_their_places(): void {
        $a = ['categories' => 1, 'course' => 22, 'groups' => 333, 'members' => 4444, 'people' => 5, 'ms' => 55555];
        $this->assertSame(
            'Invalidated: categories 1, renamed courses 22, courses with changed groups 333, users with changed memberships '
                . '4444, courses with changed people 5, in 55555 ms.',
            get_string('summary', 'local_matricula', $a)
        );
    }

    private static function placeholders(string $text): array {
        preg_match_all('/\{\$a(->[a-z]+)?\}/', $text, $found);
        sort($found[0]);
        return $found[0];
    }
}
