-- SPDX-License-Identifier: Apache-2.0
select pg_advisory_xact_lock(hashtext('mdl_cache_flags')) from moodle_flag limit 1
