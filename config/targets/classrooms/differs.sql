-- SPDX-License-Identifier: Apache-2.0
-- Which of these records would change something here? Reads only, so that records known already cost no write at all.
-- $1 keys, $2 key hashes, $3 content hashes, $4 revisions; one row for each record whose content the site does not hold,
-- or only of an older revision: its place in the arrays, from 1, and whether a newer revision has superseded it.
--
-- A content that has come back is stored with its new revision: what lay between may still come, from another lane.
--
-- The arrays are taken apart in a select list, which hands row by row on; in a from clause each would be kept first.

select
  b.ordinal,
  exists (select from enrolment e where e.key_hash = b.key_hash and e.revision >= b.revision)
    and exists (select from record r where r.key_hash = b.key_hash and r.revision >= b.revision and r.key = b.key)
    as superseded
from (
  select unnest($1::text[]) as key, unnest($2::bigint[]) as key_hash, unnest($3::bigint[]) as content_hash,
         unnest($4::bigint[]) as revision, generate_series(1, cardinality($1)) as ordinal
) as b
where not exists (
  select from enrolment e
  where e.key_hash = b.key_hash and e.content_hash = b.content_hash and e.revision >= b.revision
)
