"""`token`: a token to try something out by, signed on this machine and good on this machine alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from casegraph.opening import utc_now
from casegraph.services import ways_of
from casegraph.signin.claims import viewer_of
from casegraph.signin.development import CLAIM, FILE, KIND, DevelopmentKey
from casegraph.signin.errors import TokenError
from casegraph.terminal import complain, show
from graph.gazetteer import Gazetteer
from graph.identity import Vault
from graph.keyring import KEY_BYTES
from graph.policy import Clearance, Role, is_useless, scopes_of, sees_cases
from wording import Wording, any_of, joined

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from casegraph.settings import Settings

DAY: Final = 86_400.0
SUBJECT: Final = "developer"
"""Who is put on record: a name of no person, unless one is given."""
ALL_SEEING: Final = (Role.REGISTRAR, Role.SUPERVISOR, Role.INVESTIGATOR, Role.AUDITOR, Role.ADMINISTRATOR)
"""Roles that together see and do everything, for whoever looks around."""


async def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Print a token."""
    if ways_of(settings).development is None:
        complain(
            Wording(
                "Nobody would take it: development tokens are for a server of this machine alone. Get a "
                "token from the provider, or unset CASEGRAPH_OIDC_ISSUER and CASEGRAPH_PUBLIC_URL to try "
                "something out."
            )
        )
        return os.EX_CONFIG
    claims = claims_of(
        subject=arguments.subject, roles=arguments.role, divisions=arguments.division, organs=arguments.organ,
        clearances=arguments.clearance, sources=arguments.source, name=arguments.name, phone=arguments.phone,
        identity=arguments.identity,
    )  # fmt: skip
    try:
        viewer = viewer_of(claims, CLAIM, KIND, Vault(os.urandom(KEY_BYTES)), Gazetteer(settings.home_division))
    except TokenError as error:
        complain(error.wording)
        return os.EX_USAGE
    if is_useless(viewer):
        complain(
            Wording("Its bearer could see and do nothing. {scope_wanted}", scope_wanted=scope_wanted(arguments.role))
        )
        return os.EX_USAGE
    show(make_token(settings, claims, arguments.days))
    if scopes_of(arguments.role) and not sees_cases(viewer):
        complain(Wording("Its bearer sees no case. {scope_wanted}", scope_wanted=scope_wanted(arguments.role)))
    return 0


def scope_wanted(roles: Iterable[Role]) -> Wording:
    """Tell which options would show such roles something. Pure."""
    named = any_of([Wording(f"--{scope}") for scope in scopes_of(roles)])
    return Wording(
        "What {roles} may see and push is named by {named}: add it.",
        roles=joined([Wording(role) for role in sorted(roles)]), named=named,
    )  # fmt: skip


def claims_of(
    *,
    subject: str = SUBJECT,
    roles: Iterable[Role],
    divisions: Iterable[str] = (),
    organs: Iterable[str] = (),
    clearances: Iterable[Clearance] = (),
    sources: Iterable[str] = (),
    name: str | None = None,
    phone: str | None = None,
    identity: str | None = None,
) -> dict[str, Any]:
    """Return the claims of a token. Pure."""
    seen: dict[str, Any] = {
        "roles": list(roles), "divisions": list(divisions), "organs": list(organs), "clearances": list(clearances),
        "sources": list(sources),
    }  # fmt: skip
    if identity is not None:
        seen["identity_number"] = identity
    told = {"sub": subject, "name": name, "phone_number": phone, CLAIM: seen}
    return {claim: value for claim, value in told.items() if value is not None}


def make_token(settings: Settings, claims: dict[str, Any], days: int = 1) -> str:
    """Return a token that says this, signed by this machine's key, which is made where there is none."""
    settings.data.mkdir(parents=True, exist_ok=True)
    return DevelopmentKey.load(settings.data / FILE).token(claims, utc_now().timestamp(), days * DAY)


def all_seeing(settings: Settings) -> str:
    """Return the token of somebody who sees everything."""
    return make_token(settings, claims_of(roles=ALL_SEEING, divisions=["*"], clearances=list(Clearance)))
