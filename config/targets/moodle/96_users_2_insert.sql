-- SPDX-License-Identifier: Apache-2.0
-- An account that stands there with this name is taken on, and keeps its password; so is one that another batch, or
-- Moodle, makes at this moment. Who has no name is called as he logs in, since Moodle shows nobody without one. Whether others
-- see his address, what he is sent, and the town and country he is of, is as the site has it for new people, and his own from
-- then on.
insert into mdl_user (id, auth, confirmed, mnethostid, username, password, idnumber, firstname, lastname, email, city,
                      country, lang, calendartype, maildisplay, mailformat, maildigest, autosubscribe, trackforums,
                      timecreated, timemodified)
select n.user_id, s.auth, 1, s.host_id, n.username, 'not cached', w.idnumber, coalesce(nullif(w.firstname, ''), n.username),
       coalesce(nullif(w.lastname, ''), n.username), w.email, s.city, s.country, s.lang, s.calendartype,
       s.maildisplay, s.mailformat, s.maildigest, s.autosubscribe, s.trackforums, extract(epoch from now()),
       extract(epoch from now())
from new_user n
join wanted_profile w on w.person_id = n.person_id
cross join moodle_site s
where not exists (select from mdl_user u where u.mnethostid = s.host_id and u.username = n.username)
order by n.username
on conflict (mnethostid, username) do nothing
