"""What a token's claims say: whether it holds here and now, and who its bearer is. Pure.

The times, issuer and audience are those of RFC 7519 and RFC 9068; what somebody may see is one claim of our own,
`{"roles": […], "divisions": […], "organs": […], "clearances": […], "sources": […], "identity_number": "…"}`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from casegraph.signin.errors import TokenError
from graph.accused import names_of
from graph.divisions import prefix_of
from graph.identity import normal_identity, normal_name, normal_phone
from graph.ids import organ_id
from graph.organ_names import OrganNames
from graph.organs import normalise_organ, seat_of
from graph.policy import EVERYWHERE, Clearance, Role, Viewer
from graph.sources import is_source
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from graph.gazetteer import Gazetteer
    from graph.identity import Vault

SKEW: Final = 60.0
"""Seconds that a provider's clock may be off."""
LONGEST_SUBJECT: Final = 255
"""Characters (OpenID Connect Core, 2)."""
MOST: Final = 1_000
"""Elements of one list of the claim."""
ALL_DIVISIONS: Final = "*"
DIVISION: Final = re.compile(r"(?:\d\d){1,3}\Z", re.ASCII)
"""A GB/T 2260 code, whole or as a prefix."""
HALF: Final = re.compile(r"[\ud800-\udfff]")
"""A surrogate, which is no character by itself."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Who must have made a token, and for whom."""

    issuer: str
    audience: str


def check(claims: Mapping[str, Any], expected: Expected, now: float) -> float:
    """Return when a token ends (seconds since 1970); raise TokenError where it does not hold here and now."""
    if claims.get("iss") != expected.issuer:
        raise TokenError(Wording("The token is of another issuer (claim `iss`)."))
    audience = claims.get("aud")
    if expected.audience not in (audience if isinstance(audience, list) else [audience]):
        raise TokenError(Wording("The token is for another audience (claim `aud`)."))
    if "cnf" in claims:
        raise TokenError(Wording("The token is bound to a key of its bearer (claim `cnf`), which is not checked here."))
    until = _instant(claims, "exp")
    if until is None:
        raise TokenError(Wording("The token does not say when it ends (claim `exp`)."))
    if until + SKEW <= now:
        raise TokenError(Wording("The token has expired. Sign in again."))
    for name in ("nbf", "iat"):
        begins = _instant(claims, name)
        if begins is not None and begins - SKEW > now:
            raise TokenError(Wording("The token does not hold yet (claim `{name}`). Look at the clocks.", name=name))
    return until


def _instant(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _wrong(name, Wording("must be a number of seconds"))
    return float(value)


def _wrong(claim: str, must: str) -> TokenError:
    return TokenError(
        Wording("The token's claim `{claim}` {must}. Have whoever makes tokens mend it.", claim=claim, must=must)
    )


# Who it is ------------------------------------------------------------------------------------------------------------


def viewer_of(claims: Mapping[str, Any], claim: str, kind: str, vault: Vault, gazetteer: Gazetteer) -> Viewer:
    """Return whom the claims describe; raise TokenError, which names the claim, where one has the wrong form.

    `claim` is the name of ours, and `kind` (`oidc`, `development`) stands before the subject in the viewer's name.
    """
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject.strip() or not _usable(subject):
        raise _wrong("sub", Wording("must be a text of 1 to {longest} characters", longest=LONGEST_SUBJECT))
    given = claims.get(claim)
    if not isinstance(given, dict):
        raise _wrong(claim, Wording("must be an object that says what its bearer may see"))
    roles = frozenset(_role(one, claim) for one in _list(given, claim, "roles"))
    if not roles:
        raise _wrong(f"{claim}.roles", Wording("must name a role at least"))
    organs = [_organ(one, claim) for one in _list(given, claim, "organs")]
    names = OrganNames(gazetteer)
    return Viewer(
        name=f"{kind}:{subject}",
        roles=roles,
        divisions=tuple(dict.fromkeys(_division(one, claim) for one in _list(given, claim, "divisions"))),
        organs=frozenset(organ_id(one) for organ in organs for one in names_of(organ, names)),
        seats=_seats(organs, gazetteer),
        clearances=frozenset(_clearance(one, claim) for one in _list(given, claim, "clearances")),
        persons=frozenset(_persons(claims, given, claim, vault)),
        sources=frozenset(_source(one, claim) for one in _list(given, claim, "sources")),
    )


def _usable(subject: str) -> bool:
    return len(subject) <= LONGEST_SUBJECT and subject.isprintable()


def _list(given: Mapping[str, Any], claim: str, name: str) -> list[str]:
    found = given.get(name)
    if found is None:
        return []
    if not isinstance(found, list) or len(found) > MOST or not all(_is_text(one) for one in found):
        raise _wrong(f"{claim}.{name}", Wording("must be a list of at most {most} texts", most=MOST))
    return found


def _is_text(given: object) -> bool:
    """Tell whether it is a text that can be written down: JSON has halves of characters as well."""
    return isinstance(given, str) and not HALF.search(given)


def _role(text: str, claim: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        raise _wrong(f"{claim}.roles", Wording("may hold {role} alone", role=", ".join(Role))) from None


def _clearance(text: str, claim: str) -> Clearance:
    try:
        return Clearance(text)
    except ValueError:
        raise _wrong(
            f"{claim}.clearances", Wording("may hold {clearance} alone", clearance=", ".join(Clearance))
        ) from None


def division_prefix(code: str) -> str:
    """Return the prefix that a division's code stands for, `*` for all; raise ValueError where it is none."""
    if code == ALL_DIVISIONS:
        return EVERYWHERE
    prefix = prefix_of(code) if DIVISION.match(code) else EVERYWHERE
    if prefix == EVERYWHERE:  # not even zeros alone may open everything by mistake
        raise ValueError(Wording("must be a GB/T 2260 code of 2, 4 or 6 digits, or * for all"))
    return prefix


def _division(text: str, claim: str) -> str:
    try:
        return division_prefix(text)
    except ValueError as error:
        raise _wrong(f"{claim}.divisions", str(error).replace("must be a", "must hold a")) from None


def _organ(text: str, claim: str) -> str:
    name = normalise_organ(text)
    if not name:
        raise _wrong(f"{claim}.organs", Wording("must hold the names of organs"))
    return name


def _seats(organs: Iterable[str], gazetteer: Gazetteer) -> tuple[str, ...] | None:
    """Return the divisions of organs, None where one is not known."""
    found = [seat_of(organ, gazetteer) for organ in organs]
    seats = {seat for seat in found if seat}
    return tuple(sorted(seats)) if all(found) else None


def _source(text: str, claim: str) -> str:
    if not is_source(text):
        raise _wrong(
            f"{claim}.sources", Wording("must hold sources: small letters, digits, dots, dashes and underscores")
        )
    return text


def _persons(claims: Mapping[str, Any], given: Mapping[str, Any], claim: str, vault: Vault) -> Iterator[bytes]:
    """Yield the keyed hashes by which the bearer's own name and numbers are found, as `graph.drafts` makes them."""
    if name := _text(claims, "name"):
        yield vault.equality("name", normal_name(name))
    # A number that is none of this country's is no petition's either.
    if (phone := _text(claims, "phone_number")) and (number := normal_phone(phone)):
        yield vault.equality("phone", number)
    if identity := _text(given, "identity_number", f"{claim}."):
        checked = normal_identity(identity)
        if checked is None:
            raise _wrong(f"{claim}.identity_number", Wording("must be an identity number with its right check digit"))
        yield vault.equality("identity", checked)


def _text(claims: Mapping[str, Any], name: str, within: str = "") -> str | None:
    found = claims.get(name)
    if found is not None and not _is_text(found):
        raise _wrong(within + name, Wording("must be a text"))
    return found
