"""Knows records again that were taken in before their imprint was part of their key (`graph.drafts.record_key`).

A mail was known by its id alone, so a record stands under that key still. It is what arrives if the same bytes were
received then, or it said the same. Where somebody was erased nobody can tell, and nothing may come back: it counts as
the same.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from graph.database import statements
from graph.drafts import record_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from graph.database import Connection, Row
    from graph.drafts import Prepared
    from graph.identity import Vault
    from graph.subjects import Arrival

SQL = statements("intake")


async def under_former_keys(connection: Connection, arrivals: Sequence[Arrival], vault: Vault) -> Sequence[Arrival]:
    """Return records, each under the key by which it is known."""
    former = {arrival.place: key for arrival in arrivals if (key := _former(arrival.prepared, vault))}
    if not former:
        return arrivals
    known: defaultdict[bytes, list[Row]] = defaultdict(list)
    for row in await connection.fetch(SQL.formerly, list(set(former.values()))):
        known[row["record_key"]].append(row)
    return [_known(arrival, former.get(arrival.place), known, vault) for arrival in arrivals]


def _former(prepared: Prepared, vault: Vault) -> bytes | None:
    draft = prepared.draft
    if not draft.imprint or draft.external_id is None:
        return None
    return record_key(vault, draft.source, draft.external_id, draft.holder)


def _known(arrival: Arrival, key: bytes | None, known: dict[bytes, list[Row]], vault: Vault) -> Arrival:
    prepared = arrival.prepared
    if key is None or not _is_any(known.get(key, ()), prepared, vault):
        return arrival
    # Without its imprint, since it is not what else came under this id: a time that is read better now counts.
    draft = replace(prepared.draft, imprint="")
    return arrival._replace(prepared=replace(prepared, key=key, draft=draft))


def _is_any(rows: Iterable[Row], prepared: Prepared, vault: Vault) -> bool:
    return any(
        row["id"] is None
        or row["content_digest"] == prepared.digest
        or (row["payload"] is not None and _opened(row, vault) == prepared.draft.payload)
        for row in rows
    )


def _opened(row: Row, vault: Vault) -> bytes:
    return vault.unwrap(row["key"]).open(row["payload"], row["id"].bytes)
