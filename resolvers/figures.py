"""The figures of groups of cases, as one query. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolvers.sql import quoted
from schema.bindings import MEMBERS, answers, impossible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema.bindings import Group


def figures_sql(groups: Sequence[Group], known: Sequence[Group], alias: str, where: str, zone: str) -> str:
    """Return the query whose rows are groups of cases: what they are grouped by, null for the rest, and their figures.

    Days run from the first receipt to the first answer that has a day on which it can have been given; 60 of them are
    the term of Art. 34. Where no answer has one, nobody can tell: such a case is on time as little as late.
    """
    chosen = {group.column for group in groups}
    columns = [
        f"{_filled(group.sql, alias, zone)} as {group.column}"
        if group.column in chosen
        else f"null::{group.type} as {group.column}"
        for group in known
    ]
    joins = " ".join(_filled(group.join, alias, zone) for group in groups)
    by = f" group by {', '.join(_filled(group.sql, alias, zone) for group in groups)}" if groups else ""
    late = "told.answered_at > told.received_at + interval '60 days'"
    since = "extract(epoch from told.answered_at - told.received_at) / 86400"
    # A day alone stands for its first moment, which may lie before that of receipt. `greatest` leaves nulls out.
    days = f"case when told.answered_at is not null then greatest({since}, 0) end"
    dated = f"event.at_given and not {_filled(impossible('event.at', 'member.first_received_at'), alias, zone)}"
    return f"""select {", ".join(columns)},
        count(*) as cases,
        count(*) filter (where told.answered) as answered,
        count(*) filter (where not {late}) as on_time,
        count(*) filter (where {late}) as late,
        count(*) filter (where told.answered and told.answered_at is null) as irregular,
        count(told.rating) as rated,
        count(*) filter (where told.rating in ('SATISFIED', 'PARTLY_SATISFIED')) as satisfied,
        round((percentile_cont(0.5) within group (order by {days}))::numeric, 2) as median_days
    from "case" {alias}
    left join lateral (
        select min(member.first_received_at) as received_at,
            count(*) filter (where event.kind = 'REPLIED') > 0 as answered,
            min(event.at) filter (where event.kind = 'REPLIED' and {dated}) as answered_at,
            (array_agg(event.satisfaction order by event.at desc, event.id desc)
                filter (where event.satisfaction is not null))[1] as rating
        from "case" member left join event on event.case_id = member.id and event.until is null
        where {_filled(MEMBERS.replace("parent", "row"), alias, zone)}
    ) told on true
    {joins}
    where {answers(alias)}{where}{by}"""


def _filled(text: str, alias: str, zone: str) -> str:
    return text.replace("{row}", alias).replace("{zone}", quoted(zone))
