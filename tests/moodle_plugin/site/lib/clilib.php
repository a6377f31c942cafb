<?php
// SPDX-License-Identifier: Apache-2.0
// Moodle's functions for scripts: messages to standard output and standard error, options as --name=value and -n.

function cli_get_params(array $longoptions, array $shortmapping = []): array {
    $options = $longoptions;
    $unrecognised = [];
    foreach (array_slice($_SERVER['argv'], 1) as $argument) {
        [$name, $value] = explode('=', $argument, 2) + [1 => true];
        $name = strpos($name, '--') === 0 ? substr($name, 2) : $shortmapping[substr($name, 1)] ?? '';
        if (array_key_exists($name, $options)) {
            $options[$name] = $value;
        } else {
            $unrecognised[] = $argument;
        }
    }
    return [$options, $unrecognised];
}

function cli_writeln(string $text): void {
    echo $text . "\n";
}

function cli_problem(string $text): void {
    fwrite(STDERR, $text . "\n");
}

function cli_error(string $text, int $code = 1): void {
    cli_problem($text);
    exit($code);
}
