-- SPDX-License-Identifier: Apache-2.0
-- What verify does not tell, since no record says it alone.
insert into matricula.moodle_notice (kind, ref, text)
select 'undone ' || t.what,
       coalesce((select m.user_id from matricula.moodle_user m where t.kind = 'account' and m.person_id = t.ref), t.ref),
       case t.effect when 'hide' then 'hidden by matricula undo' else 'put back by matricula undo' end
from moodle_undo t
where t.effect in ('hide', 'put back')
