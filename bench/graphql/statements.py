"""What the rival with DataLoaders asks PostgreSQL: one statement for each kind of thing, for all parents at once."""

from __future__ import annotations

from typing import Final

CASES: Final = """
    select lead.*, asked.id as asked from "case" asked join "case" lead on lead.id = asked."leading"
    where asked.id = any($1::uuid[])
"""
PAGE: Final = """
    select * from "case" where "leading" = id and opened_at < coalesce($1, 'infinity'::timestamptz) {}
    order by opened_at desc, id desc limit $2
"""
FILTERED: Final = "and status = $3 and division >= $4 and division < $5"
PARTIES: Final = """
    select parent.id as parent, page.*
    from unnest($1::uuid[]) as parent (id)
    cross join lateral (
        select distinct mention.party
        from "case" join submission on submission.case_id = "case".id join mention on mention.submission = submission.id
        where "case"."leading" = parent.id and mention.until is null order by mention.party limit $2
    ) named
    cross join lateral (
        select named.party as id, (array_agg(mention.kind order by mention.id))[1] as kind,
            array_agg(distinct mention.name_masked) filter (where mention.name_masked is not null) as names,
            array_agg(distinct mention.phone_masked) filter (where mention.phone_masked is not null) as phones,
            count(*) filter (where mention.until is null) as mention_count,
            count(distinct mention.submission) filter (where mention.until is null) as submission_count
        from mention where mention.party = named.party
    ) page
    order by page.id
"""
SUBMISSIONS: Final = """
    select parent.id as parent, page.*
    from unnest($1::uuid[]) as parent (id)
    cross join lateral (
        select submission.*, revision.title, revision.body
        from "case" join submission on submission.case_id = "case".id
        join submission_revision revision on revision.id = submission.revision
        where "case"."leading" = parent.id order by submission.received_at desc, submission.id desc limit $2
    ) page
    order by page.received_at desc, page.id desc
"""
EVENTS: Final = """
    select parent.id as parent, page.*
    from unnest($1::uuid[]) as parent (id)
    cross join lateral (
        select event.* from "case" join event on event.case_id = "case".id
        where "case"."leading" = parent.id and event.until is null order by event.at, event.id limit $2
    ) page
    order by page.at, page.id
"""
RELATIONS: Final = """
    select distinct on (member."leading", tie.id) member."leading" as parent, tie.relation, tie.target
    from "case" member join case_relation tie on tie.origin = member.id or tie.target = member.id
    where member."leading" = any($1::uuid[]) and tie.state in ('ACCEPTED', 'PROPOSED')
    order by member."leading", tie.id
"""
ORGANS: Final = "select id as asked, id, name from organ where id = any($1::uuid[])"
