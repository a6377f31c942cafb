-- SPDX-License-Identifier: Apache-2.0
-- What the records are before the next steps, for matricula undo; what it puts back itself is not noted.
insert into matricula.moodle_journal (kind, ref, person_id, revision, was)
select n.role, n.classroom_id, n.person_id, n.revision,
       case when n.held is not null then (
         select jsonb_build_object('status', e.status, 'since', e.since, 'revision', e.revision)
         from enrolment e
         where e.classroom_id = n.classroom_id and e.person_id = n.person_id and e.role = n.role) end
from news n
where current_setting('matricula.undo', true) is distinct from 'do'
