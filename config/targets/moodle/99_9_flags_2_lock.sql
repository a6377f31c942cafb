-- SPDX-License-Identifier: Apache-2.0
-- For those alone who have come to Moodle between the two steps before: the batch has the lock already if there were others.
select pg_advisory_xact_lock(hashtext('mdl_cache_flags')) from moodle_flag limit 1
