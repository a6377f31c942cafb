-- SPDX-License-Identifier: Apache-2.0
-- One flat table, as Kafka Connect's sink writes it (scripts/kafka/connect/table.sql), but for the two numbers, which
-- that one has to compute from Base64. No autovacuum, there neither, so that what is written is written by the program.

create schema if not exists flat;

create table if not exists flat.record (
  key              text collate "C" primary key,
  year             text not null,
  status           text not null,
  since            text not null,
  role             text not null,
  centre_code      text not null,
  centre_name      text not null,
  centre_flavour   text not null,
  course_code      text not null,
  course_name      text not null,
  subject_code     text not null,
  subject_name_val text not null,
  subject_name_cas text not null,
  group_code       text not null,
  group_name       text not null,
  group_tutor      text,
  person_id        text not null,
  person_name      text not null,
  person_surname1  text not null,
  person_surname2  text,
  person_email     text,
  person_born      text,
  revision         bigint not null,
  content_hash     bigint not null
) with (autovacuum_enabled = off);
