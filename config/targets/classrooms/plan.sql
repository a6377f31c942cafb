-- SPDX-License-Identifier: Apache-2.0
-- What the batch has just done: a row for each record that was news.
select b.centre_code as centre, 'enrolment' as kind,
       case when n.status = 'withdrawn' and n.held = 'enrolled' then 'withdraw'
            when n.status = 'withdrawn' and n.held is null then 'note'  -- who was never here has left
            when n.held is null then 'create'
            else 'change' end as effect,
       b.key as id
from news n
join batch b on b.key_hash = n.key_hash
order by b.key
