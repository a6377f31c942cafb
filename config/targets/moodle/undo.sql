-- SPDX-License-Identifier: Apache-2.0
-- What was done since a time, and what of it can be put back or, a portion of it, is to be put back now.
select centre, kind, effect, id, refused, again
from matricula.moodle_undo(current_setting('matricula.undo_since')::timestamptz,
                           current_setting('matricula.undo_until')::timestamptz,
                           current_setting('matricula.undo') = 'do')
