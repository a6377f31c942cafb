-- SPDX-License-Identifier: Apache-2.0
-- Waits for no other batch; for the plugin, if at all, while that takes the row away.
select matricula.moodle_note_categories() from changed_categories limit 1
