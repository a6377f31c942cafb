-- SPDX-License-Identifier: Apache-2.0
-- What another session has brought meanwhile stays, and is no news to the steps that follow.
delete from news n
using enrolment e
where n.held is not null and e.classroom_id = n.classroom_id and e.person_id = n.person_id and e.role = n.role
  and e.revision > n.revision
