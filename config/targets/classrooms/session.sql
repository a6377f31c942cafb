-- SPDX-License-Identifier: Apache-2.0
-- Once per connection: how this target's statements are planned, and what they hand to one another.

set search_path = classrooms;

-- A batch is thousands of rows and the tables are millions, so every join looks rows up by index, one by one: also while
-- a table is small, since it may not be so for long.
set enable_hashjoin = off;
set enable_mergejoin = off;
set enable_bitmapscan = off;
set enable_material = off;
set random_page_cost = 1;
set seq_page_cost = 10;

-- The newest record of the batch about each classroom; with it come the centre, the group and the list of teachers.
create temporary table newest_classroom (
  classroom        text   not null collate "C",
  revision         bigint not null,
  year             text   not null collate "C",
  centre_code      text   not null collate "C",
  centre_name      text   not null,
  flavour          text   not null,
  course_code      text   not null,
  course_name      text   not null,
  subject_code     text   not null,
  subject_name_val text   not null,
  subject_name_cas text   not null,
  group_code       text   not null collate "C",
  group_name       text   not null,
  group_tutor      text,
  teachers         text   not null,
  timetable        text   not null
) on commit delete rows;

-- The newest mention in the batch of each person, student or teacher.
create temporary table newest_person (
  code     text   not null collate "C",
  revision bigint not null,
  name     text   not null,
  surname1 text   not null,
  surname2 text,
  email    text,
  born     date
) on commit delete rows;

-- Who teaches the classrooms that this batch has brought up to date.
create temporary table newest_teaching (
  classroom_id bigint not null,
  person_id    bigint not null,
  substitutes  text,
  primary key (classroom_id, person_id)
) on commit delete rows;

-- The batch once more, by ids: the records that are news to the site.
create temporary table news (
  classroom_id bigint not null,
  group_id     bigint not null,
  person_id    bigint not null,
  role         text   not null,
  status       text   not null,
  since        date   not null,
  key_hash     bigint not null,
  content_hash bigint not null,
  revision     bigint not null,
  held         text  -- the status that the site holds; null: no such enrolment yet
) on commit delete rows;

-- The number in a classroom's link.
create temporary view linked_classroom as select classroom_id, classroom_id as course_id from classroom;
