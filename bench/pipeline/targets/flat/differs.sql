-- SPDX-License-Identifier: Apache-2.0
select
  b.ordinal,
  exists (select from flat.record r where r.key = b.key and r.revision >= b.revision) as superseded
from unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[])
     with ordinality as b (key, key_hash, content_hash, revision, ordinal)
where not exists (
  select from flat.record r
  where r.key = b.key and r.content_hash = b.content_hash
)
