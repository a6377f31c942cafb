-- SPDX-License-Identifier: Apache-2.0
-- Rows are looked up one by one, as in the target classrooms.

set enable_hashjoin = off;
set enable_mergejoin = off;
set enable_bitmapscan = off;
set enable_material = off;
set random_page_cost = 1;
set seq_page_cost = 10;

-- The table has no place for lists.
set matricula.unread_lists = 'teachers, timetable';
