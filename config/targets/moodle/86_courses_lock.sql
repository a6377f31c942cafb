-- SPDX-License-Identifier: Apache-2.0
-- Moodle has no unique key on a short name: who makes courses here does so one after the other.
select pg_advisory_xact_lock(hashtext('matricula.moodle_course')) from new_course limit 1
