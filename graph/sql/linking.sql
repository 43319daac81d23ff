-- name: known_mentions
-- The first mentions that have each key; one branch for each rule, so that each uses its own index.
with asked as (select rule, value from unnest($1::text[], $2::bytea[]) as asked (rule, value))
select asked.rule, asked.value, found.id, found.party, found.accusing
from asked cross join lateral (
    select id, party, accusing from mention
    where identity_hash = asked.value and until is null and id <> all($4::uuid[]) order by id limit $3
) found where asked.rule = 'IDENTITY'
union all
select asked.rule, asked.value, found.id, found.party, found.accusing
from asked cross join lateral (
    select id, party, accusing from mention
    where phone_hash = substring(asked.value for 16) and name_hash = substring(asked.value from 17)
    and until is null and id <> all($4::uuid[]) order by id limit $3
) found where asked.rule = 'PHONE_AND_NAME'
union all
select asked.rule, asked.value, found.id, found.party, found.accusing
from asked cross join lateral (
    select id, party, accusing from mention
    where account_hash = asked.value and until is null and id <> all($4::uuid[]) order by id limit $3
) found where asked.rule = 'ACCOUNT';

-- name: parties_of
select distinct party from mention where id = any($1::uuid[]);

-- name: parted_parties
-- Pairs of parties with a person's "no" between them.
select distinct low.party as one, high.party as other
from same_party
join mention low on low.id = same_party.low
join mention high on high.id = same_party.high
where same_party.state = 'REJECTED' and low.party = any($1::uuid[]) and high.party = any($1::uuid[])
and low.party <> high.party;

-- name: filed_submissions
-- What parties have petitioned for, the latest last; each once, however many of them it is of.
with filed as (
    select latest.submission, array_agg(party.party) as parties
    from unnest($1::uuid[]) as party (party)
    cross join lateral (
        select distinct mention.submission from mention
        where mention.party = party.party and mention.until is null and mention.id <> all($3::uuid[])
        and mention.role in ('PETITIONER', 'REPRESENTATIVE', 'AGENT')
        order by mention.submission desc limit $2
    ) latest
    group by latest.submission
)
select filed.parties, submission.id, submission.case_id, submission.received_at, revision.title, revision.body,
    submission.kind = 'ACCUSATION' as accusation,
    array(
        select place from case_place
        where case_place.submission = submission.id and case_place.state = 'ACCEPTED'
    ) as places
from filed
join submission on submission.id = filed.submission
join submission_revision revision on revision.id = submission.revision
order by submission.id;
