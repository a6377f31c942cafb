-- SPDX-License-Identifier: Apache-2.0
-- Again, for whoever has come to Moodle since 99_0_flags_lock: a batch that waits here must look afterwards who is there.
select matricula.moodle_lock_flags()
