-- SPDX-License-Identifier: Apache-2.0
select b.ordinal, coalesce(r.revision >= b.revision, false) as superseded
from (
  select unnest($1::text[]) as key, unnest($2::bigint[]) as key_hash, unnest($3::bigint[]) as content_hash,
         unnest($4::bigint[]) as revision, generate_series(1, cardinality($1)) as ordinal
) as b
left join flat.record r on r.key = b.key
where r.content_hash is distinct from b.content_hash or r.revision < b.revision
