-- SPDX-License-Identifier: Apache-2.0
-- The table that the sink of sink.json writes: a row per record, with all that record.json names of it. Binary headers
-- come as Base64, since the sink cannot pass bytes in an array; revision and content_hash are what they stand for, under
-- the names that they have in the target classrooms.

create schema classrooms;

create table classrooms.record (
  key                 text collate "C" primary key,
  year                text not null,
  status              text not null,
  since               text not null,
  role                text not null,
  centre_code         text not null,
  centre_name         text not null,
  centre_flavour      text not null,
  course_code         text not null,
  course_name         text not null,
  subject_code        text not null,
  subject_name_val    text not null,
  subject_name_cas    text not null,
  group_code          text not null,
  group_name          text not null,
  group_tutor         text,
  person_id           text not null,
  person_name         text not null,
  person_surname1     text not null,
  person_surname2     text,
  person_email        text,
  person_born         text,
  revision_base64     text not null,
  content_hash_base64 text not null,
  revision     bigint generated always as (('x' || encode(decode(revision_base64, 'base64'), 'hex'))::bit(64)::bigint) stored,
  content_hash bigint generated always as (('x' || encode(decode(content_hash_base64, 'base64'), 'hex'))::bit(64)::bigint) stored
);
