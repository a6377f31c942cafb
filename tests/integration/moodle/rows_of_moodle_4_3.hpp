// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Rows that the functions of Moodle 4.3 wrote on a site of its own: create_category, create_course, user_create_user,
/// enrol_user and groups_add_member, in JSON as to_jsonb gives it.
namespace matricula::moodle_4_3 {

inline constexpr auto category = R"({"id": 2, "name": "Turmas 2026", "path": "/2", "depth": 1, "theme": null,
"parent": 0, "visible": 1, "idnumber": "CAT-2026", "sortorder": 20000, "visibleold": 1, "coursecount": 0,
"description": "", "timemodified": 1795290419, "descriptionformat": 0})";

inline constexpr auto course =
    R"({"id": 2, "lang": "", "theme": "", "format": "topics", "marker": 0, "enddate": 0,
"summary": null, "visible": 1, "cacherev": 1795290424, "category": 2, "fullname": "Matemática 7.º A",
"idnumber": "C-MAT7A", "maxbytes": 0, "groupmode": 0, "newsitems": 1, "requested": 0, "shortname": "MAT7A",
"sortorder": 20001, "startdate": 0, "showgrades": 1, "visibleold": 1, "legacyfiles": 0, "showreports": 0,
"timecreated": 1795290422, "calendartype": "", "timemodified": 1795290422, "pdfexportfont": null,
"summaryformat": 0, "groupmodeforce": 0, "downloadcontent": null, "completionnotify": 0, "enablecompletion": 0,
"originalcourseid": null, "defaultgroupingid": 0, "relativedatesmode": 0, "showactivitydates": 0,
"showcompletionconditions": 1})";

inline constexpr auto category_context =
    R"({"id": 11, "path": "/1/11", "depth": 2, "locked": 0, "instanceid": 2,
"contextlevel": 40})";

inline constexpr auto course_context =
    R"({"id": 12, "path": "/1/11/12", "depth": 3, "locked": 0, "instanceid": 2,
"contextlevel": 50})";

inline constexpr auto section =
    R"({"id": 1, "name": null, "course": 2, "section": 0, "summary": "", "visible": 1,
"sequence": "1", "availability": null, "timemodified": 1795290422, "summaryformat": 1})";

inline constexpr auto format_option = R"({"id": 2, "name": "hiddensections", "value": "1", "format": "topics",
"courseid": 2, "sectionid": 0})";

inline constexpr auto coursedisplay_option =
    R"({"id": 3, "name": "coursedisplay", "value": "0", "format": "topics",
"courseid": 2, "sectionid": 0})";

inline constexpr auto manual_enrol = R"({"id": 1, "cost": null, "name": null, "enrol": "manual", "roleid": 5,
"status": 0, "courseid": 2, "currency": null, "password": null, "notifyall": 0, "sortorder": 0, "customdec1": null,
"customdec2": null, "customint1": null, "customint2": null, "customint3": null, "customint4": null,
"customint5": null, "customint6": null, "customint7": null, "customint8": null, "customchar1": null,
"customchar2": null, "customchar3": null, "customtext1": null, "customtext2": null, "customtext3": null,
"customtext4": null, "enrolperiod": 0, "timecreated": 1795290422, "enrolenddate": 0, "expirynotify": 0,
"timemodified": 1795290422, "enrolstartdate": 0, "expirythreshold": 86400})";

inline constexpr auto user = R"({"id": 3, "auth": "manual", "city": "", "lang": "en",
"email": "ana.silva@example.invalid", "theme": "", "lastip": "", "phone1": "", "phone2": "", "secret": "",
"address": "", "country": "", "deleted": 0, "picture": 0, "idnumber": "U-0001", "imagealt": null,
"lastname": "Silva", "password": "<hash>", "timezone": "99", "username": "ana.silva", "confirmed": 1,
"emailstop": 0, "firstname": "Ana", "lastlogin": 0, "suspended": 0, "department": "", "lastaccess": 0,
"maildigest": 0, "mailformat": 1, "middlename": null, "mnethostid": 1, "description": null, "firstaccess": 0,
"institution": "", "maildisplay": 2, "timecreated": 1795290426, "trackforums": 0, "calendartype": "gregorian",
"currentlogin": 0, "policyagreed": 0, "timemodified": 1795290426, "trustbitmask": 0, "alternatename": null,
"autosubscribe": 1, "lastnamephonetic": null, "moodlenetprofile": null, "descriptionformat": 1,
"firstnamephonetic": null})";

inline constexpr auto user_context = R"({"id": 13, "path": "/1/13", "depth": 2, "locked": 0, "instanceid": 3,
"contextlevel": 30})";

inline constexpr auto user_enrolment = R"({"id": 1, "status": 0, "userid": 3, "enrolid": 1, "timeend": 0,
"timestart": 0, "modifierid": 2, "timecreated": 1795290429, "timemodified": 1795290429})";

inline constexpr auto suspended_user_enrolment =
    R"({"id": 1, "status": 1, "userid": 3, "enrolid": 1, "timeend": 0,
"timestart": 0, "modifierid": 2, "timecreated": 1795290429, "timemodified": 1795290452})";

inline constexpr auto role_assignment = R"({"id": 1, "itemid": 0, "roleid": 5, "userid": 3, "component": "",
"contextid": 12, "sortorder": 0, "modifierid": 2, "timemodified": 1795290429})";

inline constexpr auto group = R"({"id": 1, "name": "Grupo 1", "picture": 0, "courseid": 2, "idnumber": "G-1",
"visibility": 0, "description": null, "timecreated": 1795290432, "enrolmentkey": null, "timemodified": 1795290432,
"participation": 1, "descriptionformat": 0})";

inline constexpr auto group_member = R"({"id": 1, "itemid": 0, "userid": 3, "groupid": 1, "component": "",
"timeadded": 1795290435})";

inline constexpr auto dirty_user_flag = R"({"id": 2, "name": "3", "value": "1", "expiry": 1795319229,
"flagtype": "accesslib/dirtyusers", "timemodified": 1795290429})";

}  // namespace matricula::moodle_4_3
