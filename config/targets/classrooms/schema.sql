-- SPDX-License-Identifier: Apache-2.0
-- The site's own tables. Run once per database, and again whenever this file changes: every statement must bear that.
--
--   centre ─< school_group ─< classroom ─< enrolment >─ person
--                   └──────< membership >──────────────┘  │
--                                classroom ─< teaching >──┘
--
-- Every row that a record describes carries the revision of the newest record that has done so. Newer wins, whatever
-- the order of arrival: a person may come with records of several partitions, and so may a centre of several flavours.
--
-- Codes are collated by their bytes: that is as good as any order, and twice as fast as a language's.

create schema if not exists classrooms;
set search_path = classrooms;

create table if not exists centre (
  centre_id bigint generated always as identity primary key,
  code      text   not null collate "C" unique,  -- eight digits, of which the first two are the province
  name      text   not null,
  flavour   text   not null,
  revision  bigint not null
);

create table if not exists person (
  person_id bigint generated always as identity primary key,
  code      text   not null collate "C" unique,  -- the login: a student's NIA or a teacher's NIF
  name      text   not null,
  surname1  text   not null,
  surname2  text,
  email     text,
  born      date,  -- of students only: a classroom's list of teachers does not give theirs
  revision  bigint not null
) with (fillfactor = 90);  -- room for a newer revision on the same page

create table if not exists school_group (
  group_id  bigint generated always as identity primary key,
  centre_id bigint not null references centre,
  year      text   not null collate "C",
  code      text   not null collate "C",  -- unique in its centre and year only
  name      text   not null,
  tutor     text,                         -- a teacher's code; he need not teach here
  revision  bigint not null,
  unique (centre_id, year, code)
);

-- One subject of one group: a Moodle course, which is why its id stands in its link.
create table if not exists classroom (
  classroom_id     bigint generated always as identity primary key,
  key              text   not null collate "C" unique,  -- year/centre/course/subject/group: its name elsewhere
  group_id         bigint not null references school_group,
  course_code      text   not null collate "C",
  course_name      text   not null,
  subject_code     text   not null collate "C",
  subject_name_val text   not null,
  subject_name_cas text   not null,
  timetable        jsonb  not null,
  revision         bigint not null,
  unique (group_id, course_code, subject_code)
) with (fillfactor = 90);

-- A teacher in a classroom's list of teachers.
create table if not exists teaching (
  classroom_id bigint not null references classroom,
  person_id    bigint not null references person,
  substitutes  text,  -- the absent teacher's code
  status       text   not null check (status in ('enrolled', 'withdrawn')),
  primary key (classroom_id, person_id)
);
create index if not exists teaching_person on teaching (person_id);

-- One record. Never deleted: who left is withdrawn.
create table if not exists enrolment (
  classroom_id bigint not null references classroom,
  person_id    bigint not null references person,
  role         text   not null check (role in ('student', 'teacher')),
  status       text   not null check (status in ('enrolled', 'withdrawn')),
  since        date   not null,
  key_hash     bigint not null,  -- of the record's key, to find it by
  content_hash bigint not null,  -- of the record's JSON, to tell whether it has changed
  revision     bigint not null,
  primary key (classroom_id, person_id, role)
) with (fillfactor = 90);
create index if not exists enrolment_key_hash on enrolment (key_hash);
create index if not exists enrolment_person on enrolment (person_id);

-- A student belongs to a group while he is enrolled in at least one of its classrooms.
create table if not exists membership (
  group_id  bigint not null references school_group,
  person_id bigint not null references person,
  status    text   not null check (status in ('enrolled', 'withdrawn')),
  primary key (group_id, person_id)
);
create index if not exists membership_person on membership (person_id);

-- What the site holds, record by record, in the columns of the staging table. People, centres, groups and classrooms
-- are as their newest record says, which need not be this one.
create or replace view record as
select
  c.key || '/' || replace(replace(p.code, '~', '~0'), '/', '~1') || '/' || e.role as key,
  c.key as classroom,
  e.key_hash,
  e.content_hash,
  e.revision,
  g.year,
  e.status,
  e.since,
  e.role,
  s.code as centre_code,
  s.name as centre_name,
  s.flavour,
  c.course_code,
  c.course_name,
  c.subject_code,
  c.subject_name_val,
  c.subject_name_cas,
  g.code as group_code,
  g.name as group_name,
  g.tutor as group_tutor,
  p.code as person_id,
  p.name as person_name,
  p.surname1 as person_surname1,
  p.surname2 as person_surname2,
  p.email as person_email,
  p.born as person_born,
  coalesce(
    (select jsonb_agg(
              jsonb_build_object('id', t.code, 'name', t.name, 'surname1', t.surname1, 'surname2', t.surname2,
                                 'email', t.email, 'substitutes', x.substitutes)
              order by t.code)
     from teaching x
     join person t using (person_id)
     where x.classroom_id = c.classroom_id and x.status = 'enrolled'),
    '[]')::text as teachers,
  c.timetable::text as timetable,
  c.classroom_id as id_of_classroom,
  p.person_id as id_of_person
from enrolment e
join classroom c using (classroom_id)
join school_group g using (group_id)
join centre s using (centre_id)
join person p on p.person_id = e.person_id;
