"""`keys`: make, list and revoke the API keys by which partners' systems ask."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

from casegraph.commands.token import scope_wanted
from casegraph.opening import open_connection, utc_now
from casegraph.signin.claims import division_prefix
from casegraph.signin.service import REVOCABLE_FOR
from casegraph.terminal import complain, say, show
from graph import api_keys
from graph.database import is_away
from graph.errors import UncertainError
from graph.ids import organ_id
from graph.organs import normalise_organ
from graph.policy import Role, is_useless
from graph.times import rfc3339
from wording import Wording
from wording.catalogue import told

if TYPE_CHECKING:
    import argparse
    from datetime import datetime

    from casegraph.settings import Settings
    from graph.api_keys import ApiKey
    from graph.database import Connection
    from graph.identity import Vault


async def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Do what is asked."""
    async with open_connection(settings) as (connection, vault):
        match arguments.action:
            case "create":
                return await _create(connection, vault, arguments)
            case "list":
                await _list(connection)
            case _:
                await api_keys.revoke(connection, arguments.id, utc_now())
                say(
                    Wording(
                        "The key {id} is revoked. Servers that run take it for {revocable:.0f} s at most.",
                        id=arguments.id,
                        revocable=REVOCABLE_FOR,
                    )
                )
    return 0


async def _create(connection: Connection, vault: Vault, arguments: argparse.Namespace) -> int:
    scope = api_keys.Scope(
        name=arguments.name,
        roles=frozenset(arguments.role or [Role.PARTNER]),
        divisions=tuple(dict.fromkeys(division_prefix(code) for code in arguments.division)),
        organs=frozenset(organ_id(normalise_organ(name)) for name in arguments.organ),
        sources=frozenset(arguments.source),
    )
    now = utc_now()
    if is_useless(scope.viewer("key:new")):
        complain(
            Wording(
                "Who asks by this key could see and do nothing. {scope_wanted}", scope_wanted=scope_wanted(scope.roles)
            )
        )
        return os.EX_USAGE
    until = now + timedelta(days=arguments.days)
    try:
        key = await api_keys.create(connection, vault, scope, now, until)
    except Exception as error:
        if not is_away(error):
            raise
        raise UncertainError(
            Wording(
                "The database went away while the key was made. Nobody has it: where `keys list` shows it, "
                "revoke it, and make another."
            )
        ) from error
    show(key)
    if (made := await api_keys.find(connection, vault, key)) and made.system != made.id:
        complain(
            Wording(
                "{name} goes on with it as what it was by the key {system}: its cursors hold.",
                name=arguments.name,
                system=made.system,
            )
        )
    complain(Wording("This is the only time that it is shown. It holds until {rfc3339}.", rfc3339=rfc3339(until)))
    return 0


async def _list(connection: Connection) -> None:
    found = await api_keys.all_keys(connection)
    for key in found:
        show(f"{key.id}  {told(state_of(key, utc_now()))}  {key.scope.name}")
        show(f"    {scope_of(key)}")
    if not found:
        say(Wording("There are no keys."))


def state_of(key: ApiKey, now: datetime) -> Wording:
    """Tell whether a key holds. Pure."""
    if key.revoked_at is not None:
        return Wording("revoked {at}", at=rfc3339(key.revoked_at))
    at = rfc3339(key.expires_at)
    return Wording("until {at}", at=at) if key.holds(now) else Wording("expired {at}", at=at)


def scope_of(key: ApiKey) -> str:
    """Tell what a key is for. Pure."""
    scope = key.scope
    parts = [", ".join(sorted(scope.roles))]
    if key.system != key.id:
        parts.append(f"goes on as {key.system}")
    if scope.divisions:
        parts.append("divisions " + ", ".join(division or "all" for division in scope.divisions))
    if scope.organs:
        parts.append(f"{len(scope.organs)} organs" if len(scope.organs) > 1 else "1 organ")
    if scope.sources:
        parts.append("sources " + ", ".join(sorted(scope.sources)))
    return "; ".join(parts)
