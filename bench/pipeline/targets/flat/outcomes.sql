-- SPDX-License-Identifier: Apache-2.0
-- Nobody waits for the outcomes of a measurement.
insert into matricula.outbox (kind, key, value)
select 'outcome', classroom, 'null' from effect where false
