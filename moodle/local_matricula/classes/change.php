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

namespace local_matricula;

/**
 * Something that matricula has changed in Moodle's tables and that Moodle may still have in a cache.
 *
 * @package    local_matricula
 * @copyright  2026 matricula contributors
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class change {
    /** @var string Categories have been made or renamed, or courses made in them. All are meant, whatever its ref. */
    public const CATEGORIES = 'categories';

    /** @var string A course has been renamed. */
    public const COURSE = 'course';

    /** @var string Groups of a course have been made or renamed. */
    public const GROUPS = 'groups';

    /** @var string Somebody has joined groups or left them. */
    public const MEMBERS = 'members';

    /** @var string Somebody has come into a course or left it, or has another role or group there. */
    public const PEOPLE = 'people';

    /** @var string[] What this version knows how to invalidate. Changes of another kind stay for a version that does. */
    public const KINDS = [self::CATEGORIES, self::COURSE, self::GROUPS, self::MEMBERS, self::PEOPLE];

    /** @var string One of KINDS. */
    public string $kind;

    /** @var int The course; the user for members; for categories only which of several such rows. */
    public int $ref;

    /** @var string Tells this state of the row from any later one of the same kind and ref. */
    public string $version;

    /**
     * A change as it has been read.
     *
     * @param string $kind
     * @param int $ref
     * @param string $version
     */
    public function __construct(string $kind, int $ref, string $version) {
        $this->kind = $kind;
        $this->ref = $ref;
        $this->version = $version;
    }
}
