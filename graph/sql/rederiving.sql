-- What stands is brought to where it belongs by the homes of today.

-- name: next
-- The submissions that come after one, in the order in which they came in.
select id from submission where id > $1 order by id limit $2;

-- name: stored
-- What is known of where they belong, with what they were made from; a person's word, where one was said, and the
-- places that they name, not those that only their source knows.
select submission.id, submission.case_id, submission.channel, submission.source, submission.division,
    revision.id as revision, revision.title, revision.body, revision.payload, revision.key,
    correction.id as correction, correction.said, array(
        select place.code from case_place tie join place on place.id = tie.place
        where tie.submission = submission.id and tie.state = 'ACCEPTED' and place.code is not null order by tie.id
    ) as places
from submission join submission_revision revision on revision.id = submission.revision
left join correction on correction.submission = submission.id and correction.field = 'DIVISION'
    and correction.state = 'ACCEPTED'
where submission.id = any($1::uuid[]) order by submission.id;

-- name: belong
update submission set division = told.division
from unnest($1::uuid[], $2::text[]) as told (id, division) where submission.id = told.id;

-- name: say_division
-- Beside what a person set, which stands above it.
update correction set said = told.division
from unnest($1::uuid[], $2::text[]) as told (submission, division)
where correction.submission = told.submission and correction.field = 'DIVISION' and correction.state = 'ACCEPTED';

-- name: retire_places
update case_place set state = 'RETIRED'
from place, unnest($1::uuid[], $2::text[]) as gone (submission, code)
where place.id = case_place.place and place.code = gone.code and case_place.submission = gone.submission
and case_place.state = 'ACCEPTED' and case_place.evidence ->> 'rule' = 'SUBMISSION_SAYS';

-- name: name_places
insert into case_place (id, case_id, place, submission, state, score, evidence, decided_by, decided_at, scope)
select named.id, submission.case_id, place.id, submission.id, 'ACCEPTED', 1, '{"rule": "SUBMISSION_SAYS"}', $4, $5,
    submission.scope
from unnest($1::uuid[], $2::uuid[], $3::text[]) as named (id, submission, code)
join submission on submission.id = named.submission
join place on place.code = named.code;
