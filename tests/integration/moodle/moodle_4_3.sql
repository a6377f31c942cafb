-- SPDX-License-Identifier: Apache-2.0
-- The tables of Moodle 4.3 on PostgreSQL that the target reads and writes, as a fresh installation has them: columns,
-- defaults, indexes and the first rows. Facts read from a running site; columns of mdl_config and mdl_role are those that
-- the target needs.

create table mdl_user (
  id bigserial not null,
  auth varchar(20) not null default 'manual',
  confirmed smallint not null default 0,
  policyagreed smallint not null default 0,
  deleted smallint not null default 0,
  suspended smallint not null default 0,
  mnethostid bigint not null default 0,
  username varchar(100) not null default '',
  password varchar(255) not null default '',
  idnumber varchar(255) not null default '',
  firstname varchar(100) not null default '',
  lastname varchar(100) not null default '',
  email varchar(100) not null default '',
  emailstop smallint not null default 0,
  phone1 varchar(20) not null default '',
  phone2 varchar(20) not null default '',
  institution varchar(255) not null default '',
  department varchar(255) not null default '',
  address varchar(255) not null default '',
  city varchar(120) not null default '',
  country varchar(2) not null default '',
  lang varchar(30) not null default 'en',
  calendartype varchar(30) not null default 'gregorian',
  theme varchar(50) not null default '',
  timezone varchar(100) not null default '99',
  firstaccess bigint not null default 0,
  lastaccess bigint not null default 0,
  lastlogin bigint not null default 0,
  currentlogin bigint not null default 0,
  lastip varchar(45) not null default '',
  secret varchar(15) not null default '',
  picture bigint not null default 0,
  description text,
  descriptionformat smallint not null default 1,
  mailformat smallint not null default 1,
  maildigest smallint not null default 0,
  maildisplay smallint not null default 2,
  autosubscribe smallint not null default 1,
  trackforums smallint not null default 0,
  timecreated bigint not null default 0,
  timemodified bigint not null default 0,
  trustbitmask bigint not null default 0,
  imagealt varchar(255),
  lastnamephonetic varchar(255),
  firstnamephonetic varchar(255),
  middlename varchar(255),
  alternatename varchar(255),
  moodlenetprofile varchar(255)
);
create index mdl_user_alt_ix on mdl_user (alternatename);
create index mdl_user_aut_ix on mdl_user (auth);
create index mdl_user_cit_ix on mdl_user (city);
create index mdl_user_con_ix on mdl_user (confirmed);
create index mdl_user_cou_ix on mdl_user (country);
create index mdl_user_del_ix on mdl_user (deleted);
create index mdl_user_ema_ix on mdl_user (email);
create index mdl_user_fir2_ix on mdl_user (firstnamephonetic);
create index mdl_user_fir_ix on mdl_user (firstname);
alter table mdl_user add constraint mdl_user_id_pk primary key (id);
create index mdl_user_idn_ix on mdl_user (idnumber);
create index mdl_user_las2_ix on mdl_user (lastaccess);
create index mdl_user_las3_ix on mdl_user (lastnamephonetic);
create index mdl_user_las_ix on mdl_user (lastname);
create index mdl_user_mid_ix on mdl_user (middlename);
create unique index mdl_user_mneuse_uix on mdl_user (mnethostid, username);

create table mdl_course_categories (
  id bigserial not null,
  name varchar(255) not null default '',
  idnumber varchar(100),
  description text,
  descriptionformat smallint not null default 0,
  parent bigint not null default 0,
  sortorder bigint not null default 0,
  coursecount bigint not null default 0,
  visible smallint not null default 1,
  visibleold smallint not null default 1,
  timemodified bigint not null default 0,
  depth bigint not null default 0,
  path varchar(255) not null default '',
  theme varchar(50)
);
alter table mdl_course_categories add constraint mdl_courcate_id_pk primary key (id);
create index mdl_courcate_par_ix on mdl_course_categories (parent);

create table mdl_course (
  id bigserial not null,
  category bigint not null default 0,
  sortorder bigint not null default 0,
  fullname varchar(254) not null default '',
  shortname varchar(255) not null default '',
  idnumber varchar(100) not null default '',
  summary text,
  summaryformat smallint not null default 0,
  format varchar(21) not null default 'topics',
  showgrades smallint not null default 1,
  newsitems integer not null default 1,
  startdate bigint not null default 0,
  enddate bigint not null default 0,
  relativedatesmode smallint not null default 0,
  marker bigint not null default 0,
  maxbytes bigint not null default 0,
  legacyfiles smallint not null default 0,
  showreports smallint not null default 0,
  visible smallint not null default 1,
  visibleold smallint not null default 1,
  downloadcontent smallint,
  groupmode smallint not null default 0,
  groupmodeforce smallint not null default 0,
  defaultgroupingid bigint not null default 0,
  lang varchar(30) not null default '',
  calendartype varchar(30) not null default '',
  theme varchar(50) not null default '',
  timecreated bigint not null default 0,
  timemodified bigint not null default 0,
  requested smallint not null default 0,
  enablecompletion smallint not null default 0,
  completionnotify smallint not null default 0,
  cacherev bigint not null default 0,
  originalcourseid bigint,
  showactivitydates smallint not null default 0,
  showcompletionconditions smallint,
  pdfexportfont varchar(50)
);
create index mdl_cour_cat_ix on mdl_course (category);
alter table mdl_course add constraint mdl_cour_id_pk primary key (id);
create index mdl_cour_idn_ix on mdl_course (idnumber);
create index mdl_cour_ori_ix on mdl_course (originalcourseid);
create index mdl_cour_sho_ix on mdl_course (shortname);
create index mdl_cour_sor_ix on mdl_course (sortorder);

create table mdl_course_sections (
  id bigserial not null,
  course bigint not null default 0,
  section bigint not null default 0,
  name varchar(255),
  summary text,
  summaryformat smallint not null default 0,
  sequence text,
  visible smallint not null default 1,
  availability text,
  timemodified bigint not null default 0
);
create unique index mdl_coursect_cousec_uix on mdl_course_sections (course, section);
alter table mdl_course_sections add constraint mdl_coursect_id_pk primary key (id);

create table mdl_context (
  id bigserial not null,
  contextlevel bigint not null default 0,
  instanceid bigint not null default 0,
  path varchar(255),
  depth smallint not null default 0,
  locked smallint not null default 0
);
create unique index mdl_cont_conins_uix on mdl_context (contextlevel, instanceid);
alter table mdl_context add constraint mdl_cont_id_pk primary key (id);
create index mdl_cont_ins_ix on mdl_context (instanceid);
create index mdl_cont_pat_ix on mdl_context (path);
create index mdl_cont_pat_ix_pattern on mdl_context (path varchar_pattern_ops);

create table mdl_enrol (
  id bigserial not null,
  enrol varchar(20) not null default '',
  status bigint not null default 0,
  courseid bigint not null,
  sortorder bigint not null default 0,
  name varchar(255),
  enrolperiod bigint default 0,
  enrolstartdate bigint default 0,
  enrolenddate bigint default 0,
  expirynotify smallint default 0,
  expirythreshold bigint default 0,
  notifyall smallint default 0,
  password varchar(50),
  cost varchar(20),
  currency varchar(3),
  roleid bigint default 0,
  customint1 bigint,
  customint2 bigint,
  customint3 bigint,
  customint4 bigint,
  customint5 bigint,
  customint6 bigint,
  customint7 bigint,
  customint8 bigint,
  customchar1 varchar(255),
  customchar2 varchar(255),
  customchar3 varchar(1333),
  customdec1 numeric(12,7),
  customdec2 numeric(12,7),
  customtext1 text,
  customtext2 text,
  customtext3 text,
  customtext4 text,
  timecreated bigint not null default 0,
  timemodified bigint not null default 0
);
create index mdl_enro_cou_ix on mdl_enrol (courseid);
create index mdl_enro_enr_ix on mdl_enrol (enrol);
alter table mdl_enrol add constraint mdl_enro_id_pk primary key (id);
create index mdl_enro_rol_ix on mdl_enrol (roleid);

create table mdl_user_enrolments (
  id bigserial not null,
  status bigint not null default 0,
  enrolid bigint not null,
  userid bigint not null,
  timestart bigint not null default 0,
  timeend bigint not null default 2147483647,
  modifierid bigint not null default 0,
  timecreated bigint not null default 0,
  timemodified bigint not null default 0
);
create index mdl_userenro_enr_ix on mdl_user_enrolments (enrolid);
create unique index mdl_userenro_enruse_uix on mdl_user_enrolments (enrolid, userid);
alter table mdl_user_enrolments add constraint mdl_userenro_id_pk primary key (id);
create index mdl_userenro_mod_ix on mdl_user_enrolments (modifierid);
create index mdl_userenro_use_ix on mdl_user_enrolments (userid);

create table mdl_role_assignments (
  id bigserial not null,
  roleid bigint not null default 0,
  contextid bigint not null default 0,
  userid bigint not null default 0,
  timemodified bigint not null default 0,
  modifierid bigint not null default 0,
  component varchar(100) not null default '',
  itemid bigint not null default 0,
  sortorder bigint not null default 0
);
create index mdl_roleassi_comiteuse_ix on mdl_role_assignments (component, itemid, userid);
create index mdl_roleassi_con_ix on mdl_role_assignments (contextid);
alter table mdl_role_assignments add constraint mdl_roleassi_id_pk primary key (id);
create index mdl_roleassi_rol_ix on mdl_role_assignments (roleid);
create index mdl_roleassi_rolcon_ix on mdl_role_assignments (roleid, contextid);
create index mdl_roleassi_sor_ix on mdl_role_assignments (sortorder);
create index mdl_roleassi_use_ix on mdl_role_assignments (userid);
create index mdl_roleassi_useconrol_ix on mdl_role_assignments (userid, contextid, roleid);

create table mdl_groups (
  id bigserial not null,
  courseid bigint not null,
  idnumber varchar(100) not null default '',
  name varchar(254) not null default '',
  description text,
  descriptionformat smallint not null default 0,
  enrolmentkey varchar(50),
  picture bigint not null default 0,
  visibility smallint not null default 0,
  participation smallint not null default 1,
  timecreated bigint not null default 0,
  timemodified bigint not null default 0
);
create index mdl_grou_cou_ix on mdl_groups (courseid);
alter table mdl_groups add constraint mdl_grou_id_pk primary key (id);
create index mdl_grou_idn_ix on mdl_groups (idnumber);

create table mdl_groups_members (
  id bigserial not null,
  groupid bigint not null default 0,
  userid bigint not null default 0,
  timeadded bigint not null default 0,
  component varchar(100) not null default '',
  itemid bigint not null default 0
);
create index mdl_groumemb_gro_ix on mdl_groups_members (groupid);
alter table mdl_groups_members add constraint mdl_groumemb_id_pk primary key (id);
create index mdl_groumemb_use_ix on mdl_groups_members (userid);
create unique index mdl_groumemb_usegro_uix on mdl_groups_members (userid, groupid);

create table mdl_course_format_options (
  id bigserial not null,
  courseid bigint not null,
  format varchar(21) not null default '',
  sectionid bigint not null default 0,
  name varchar(100) not null default '',
  value text
);
create index mdl_courformopti_cou_ix on mdl_course_format_options (courseid);
create unique index mdl_courformopti_couforsec_uix on mdl_course_format_options (courseid, format, sectionid, name);
alter table mdl_course_format_options add constraint mdl_courformopti_id_pk primary key (id);

create table mdl_cache_flags (
  id bigserial not null,
  flagtype varchar(255) not null default '',
  name varchar(255) not null default '',
  timemodified bigint not null default 0,
  value text not null,
  expiry bigint not null
);
create index mdl_cachflag_fla_ix on mdl_cache_flags (flagtype);
alter table mdl_cache_flags add constraint mdl_cachflag_id_pk primary key (id);
create index mdl_cachflag_nam_ix on mdl_cache_flags (name);

create table mdl_user_lastaccess (
  id bigserial not null,
  userid bigint not null default 0,
  courseid bigint not null default 0,
  timeaccess bigint not null default 0,
  constraint mdl_userlast_id_pk primary key (id)
);
create index mdl_userlast_cou_ix on mdl_user_lastaccess (courseid);
create index mdl_userlast_use_ix on mdl_user_lastaccess (userid);
create unique index mdl_userlast_usecou_uix on mdl_user_lastaccess (userid, courseid);

create table mdl_config (
  id bigserial not null,
  name varchar(255) not null default '',
  value text not null
);
alter table mdl_config add constraint mdl_conf_id_pk primary key (id);
create unique index mdl_conf_nam_uix on mdl_config (name);

create table mdl_config_plugins (
  id bigserial not null,
  plugin varchar(100) not null default 'core',
  name varchar(100) not null default '',
  value text not null
);
alter table mdl_config_plugins add constraint mdl_confplug_id_pk primary key (id);
create unique index mdl_confplug_plunam_uix on mdl_config_plugins (plugin, name);

create table mdl_role (
  id bigserial not null,
  name varchar(255) not null default '',
  shortname varchar(100) not null default '',
  description text not null,
  sortorder bigint not null default 0,
  archetype varchar(30) not null default ''
);
alter table mdl_role add constraint mdl_role_id_pk primary key (id);
create unique index mdl_role_sho_uix on mdl_role (shortname);
create unique index mdl_role_sor_uix on mdl_role (sortorder);

insert into mdl_role (shortname, archetype, description, sortorder)
select shortname, shortname, '', place
from unnest(array['manager', 'coursecreator', 'editingteacher', 'teacher', 'student', 'guest', 'user', 'frontpage'])
     with ordinality as r (shortname, place)
order by place;

insert into mdl_config (name, value) values
  ('auth', 'email'),
  ('enrol_plugins_enabled', 'manual,guest,self,cohort'),
  ('mnet_localhost_id', '1'),
  ('siteguest', '1'),
  ('siteadmins', '2'),
  ('version', '2023100900'),
  ('defaultrequestcategory', '1'),
  ('lang', 'en'),
  ('release', '4.3 (Build: 20231009)');

insert into mdl_config_plugins (plugin, name, value)
select 'format_' || format, 'version', '2023100900' from unnest(array['singleactivity', 'social', 'topics', 'weeks']) as format;

insert into mdl_context (contextlevel, instanceid, path, depth) values
  (10, 0, '/1', 1),
  (50, 1, '/1/2', 2),
  (40, 1, '/1/3', 2),
  (30, 1, '/1/4', 2),
  (30, 2, '/1/5', 2),
  (80, 1, '/1/6', 2),
  (80, 2, '/1/7', 2),
  (80, 3, '/1/8', 2),
  (80, 4, '/1/9', 2),
  (80, 5, '/1/10', 2);

insert into mdl_user (username, mnethostid, auth, confirmed) values ('guest', 1, 'manual', 1), ('admin', 1, 'manual', 1);
insert into mdl_course (category, shortname, format, sortorder) values (0, 'site', 'site', 0);
insert into mdl_course_categories (name, depth, path, sortorder) values ('Category 1', 1, '/1', 10000);
