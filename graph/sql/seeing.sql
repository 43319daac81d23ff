-- What a viewer sees, asked inside a transaction that writes; each is run under the reading role.

-- name: become_reader
set local role casegraph_reader;

-- name: become_owner
reset role;

-- name: cases
select id from "case" where id = any($1::uuid[]);

-- name: submissions
select id from submission where id = any($1::uuid[]);

-- name: mentions
select id from mention where id = any($1::uuid[]);

-- name: revisions
select id from submission_revision where id = any($1::uuid[]);

-- name: events
select id from event where id = any($1::uuid[]);

-- name: documents
select id from document where id = any($1::uuid[]);

-- name: corrections
select id from correction where id = any($1::uuid[]);

-- name: accused_with_a_part
-- Whether an organ that these cases accuse has an accepted part in these others.
select exists (
    select from case_accused edge
    join case_organ part on part.organ = edge.organ
    where edge.case_id = any($1::uuid[]) and edge.state in ('ACCEPTED', 'PROPOSED')
    and part.case_id = any($2::uuid[]) and part.state = 'ACCEPTED'
);
