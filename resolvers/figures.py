"""The figures of groups of cases, as one query. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolvers.sql import quoted
from schema.bindings import MEMBERS, answers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema.bindings import Group


def figures_sql(groups: Sequence[Group], known: Sequence[Group], alias: str, where: str, zone: str) -> str:
    """Return the query whose rows are groups of cases: what they are grouped by, null for the rest, and their figures.

    Days run from the first receipt to the first answer; 60 of them are the term of Art. 34.
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
    within = f"told.answered_at <= {alias}.first_received_at + interval '60 days'"
    days = f"extract(epoch from told.answered_at - {alias}.first_received_at) / 86400"
    return f"""select {", ".join(columns)},
        count(*) as cases,
        count(told.answered_at) as answered,
        count(*) filter (where {within}) as on_time,
        count(told.rating) as rated,
        count(*) filter (where told.rating in ('SATISFIED', 'PARTLY_SATISFIED')) as satisfied,
        round((percentile_cont(0.5) within group (order by {days}))::numeric, 2) as median_days
    from "case" {alias}
    left join lateral (
        select min(event.at) filter (where event.kind = 'REPLIED') as answered_at,
            (array_agg(event.satisfaction order by event.at desc, event.id desc)
                filter (where event.satisfaction is not null))[1] as rating
        from "case" member join event on event.case_id = member.id
        where {_filled(MEMBERS.replace("parent", "row"), alias, zone)} and event.until is null
    ) told on true
    {joins}
    where {answers(alias)}{where}{by}"""


def _filled(text: str, alias: str, zone: str) -> str:
    return text.replace("{row}", alias).replace("{zone}", quoted(zone))
