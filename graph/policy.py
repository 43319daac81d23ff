"""Who may see what, and who may do what: one table, to be read by a lawyer.

`python -m casegraph policy` prints it. What of the graph a viewer sees is made of it in `graph/scope.py`; what is done
goes through `require`. Articles are those of the Regulations on Petition Work (信访工作条例, 2022) unless another law
is named: 个保法 is the data-protection law (个人信息保护法).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from graph.errors import GraphError
from wording import Wording, joined

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID


class Role(StrEnum):
    """What somebody's work is."""

    REGISTRAR = "registrar"
    """The reception desk and the call centre."""
    HANDLER = "handler"
    """The staff of an organ that handles cases."""
    SUPERVISOR = "supervisor"
    """Who oversees that cases are handled (督查督办)."""
    INVESTIGATOR = "investigator"
    """Who looks into a matter across channels."""
    LEADER = "leader"
    """A leader of a division or an organ."""
    AUDITOR = "auditor"
    """Who checks what users of this system did."""
    PARTNER = "partner"
    """Another system."""
    ADMINISTRATOR = "administrator"
    """Who keeps this system running."""


class Clearance(StrEnum):
    """What somebody was cleared for besides a role."""

    ACCUSATION = "accusation"
    """To see accusations (检举控告): the discipline organs and those entitled (Art. 22, 30)."""
    IDENTITY = "identity"
    """To have sealed identities shown where a step needs it, each time with a reason."""


class Action(StrEnum):
    """What can be done."""

    READ_DIVISION = "read cases of one's divisions"
    READ_ORGAN = "read cases one's organ has a part in"
    READ_ACCUSATION = "read accusations among them"
    SUBMIT = "enter submissions"
    PUSH = "push records of one's sources"
    FILE = "file and part submissions"
    JOIN = "join and part cases and parties"
    NAME_ACCUSED = "name the organs that an accusation accuses"
    CLASSIFY = "say of what kind a submission is"
    CORRECT = "correct the topic, division and organ of submissions"
    REVEAL = "see a sealed identity or number"
    READ_REVEALS = "see who had what revealed"
    READ_REJECTIONS = "see what could not be taken in"
    RETRY = "try rejected records again"
    DISMISS = "decide that a rejected record need not be taken in"
    SAVE = "save searches to be alerted"
    EXPLAIN = "see the plan of a query"
    OPERATE = "see the figures of operation"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table: who may do something, under which condition, and by which law."""

    action: Action
    roles: frozenset[Role]
    clearance: Clearance | None
    condition: str
    """What has to hold besides, in words."""
    law: str


def _rule(action: Action, roles: Iterable[Role], condition: str, law: str, clearance: Clearance | None = None) -> Rule:
    return Rule(action, frozenset(roles), clearance, condition, law)


_DESK: Final = (Role.REGISTRAR,)
_CASEWORK: Final = (Role.REGISTRAR, Role.HANDLER, Role.SUPERVISOR, Role.INVESTIGATOR, Role.LEADER)
_OVERSEEING: Final = (Role.SUPERVISOR, Role.INVESTIGATOR, Role.LEADER)
NEVER_ACCUSED: Final = "never by the accused, the organ accused, or its staff"

TABLE: Final = (
    _rule(
        Action.READ_DIVISION,
        (*_DESK, *_OVERSEEING, Role.AUDITOR, Role.PARTNER),
        "the case's division lies in one of the viewer's",
        "Art. 4, 18, 21",
    ),
    _rule(
        Action.READ_ORGAN,
        (*_CASEWORK, Role.AUDITOR, Role.PARTNER),
        "an organ of the viewer's has an accepted part in the case",
        "Art. 22, 23",
    ),
    _rule(
        Action.READ_ACCUSATION,
        (*_CASEWORK, Role.AUDITOR),
        f"one of the two above, and {NEVER_ACCUSED}",
        "Art. 22, 30, 46",
        Clearance.ACCUSATION,
    ),
    _rule(Action.SUBMIT, _DESK, "", "Art. 19, 22"),
    _rule(Action.PUSH, (Role.PARTNER,), "the source is one of the viewer's", "Art. 21"),
    _rule(
        Action.FILE,
        (*_DESK, *_OVERSEEING),
        "all that is named may be read; never so that an organ accused has a part in the case",
        "Art. 23, 30",
    ),
    _rule(
        Action.JOIN,
        _OVERSEEING,
        "all that is named may be read; never so that an accusation leads a case of the organ accused",
        "Art. 24, 30",
    ),
    _rule(
        Action.NAME_ACCUSED,
        (*_DESK, *_OVERSEEING),
        "the accusation may be read",
        "Art. 22, 30",
        Clearance.ACCUSATION,
    ),
    _rule(
        Action.CLASSIFY,
        (*_DESK, *_OVERSEEING),
        "the submission may be read, and would be if it were an accusation of whom nobody knows",
        "Art. 22, 29-31, 46",
        Clearance.ACCUSATION,
    ),
    _rule(
        Action.CORRECT,
        (*_DESK, *_OVERSEEING),
        "the submission may be read; its division and organ where the case's division lies in one of the viewer's,"
        " of an accusation by whoever may say of what kind it is, once all whom it accuses are named",
        "Art. 21-24, 30",
    ),
    _rule(
        Action.REVEAL,
        (Role.REGISTRAR, Role.HANDLER, Role.INVESTIGATOR),
        "the submission may be read; the reason is kept with who and when",
        "Art. 30; 个保法 Art. 6, 28",
        Clearance.IDENTITY,
    ),
    _rule(Action.READ_REVEALS, (Role.AUDITOR,), "", "个保法 Art. 51, 54"),
    _rule(Action.READ_REJECTIONS, (*_DESK, Role.AUDITOR, Role.ADMINISTRATOR), "", "Art. 22"),
    _rule(Action.RETRY, (*_DESK, Role.ADMINISTRATOR), "", "Art. 22"),
    _rule(Action.DISMISS, (*_DESK, Role.ADMINISTRATOR), "the reason is kept with who and when", "Art. 22"),
    _rule(
        Action.SAVE,
        _CASEWORK,
        "a matter is searched for, never a person; its owner alone has it, and is told what may be read then",
        "Art. 5, 21, 30; 个保法 Art. 6",
    ),
    _rule(Action.EXPLAIN, (Role.ADMINISTRATOR,), "the instance allows it", "个保法 Art. 51"),
    _rule(Action.OPERATE, (Role.ADMINISTRATOR,), "", "个保法 Art. 51"),
)
"""Everything that may be done. What no row allows is refused."""

EVERYWHERE: Final = ""
"""The prefix of all divisions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who asks: a person, a partner's system or a command of this machine."""

    name: str
    """Who is put on record; never empty."""
    roles: frozenset[Role]
    divisions: tuple[str, ...] = ()
    """Prefixes of GB/T 2260 codes without trailing pairs of zeros (`4301`); `""` is everywhere."""
    organs: frozenset[UUID] = frozenset()
    """The organs whose staff the viewer is."""
    clearances: frozenset[Clearance] = frozenset()
    persons: frozenset[bytes] = frozenset()
    """Keyed hashes (`Vault.equality`) of the viewer's own name, telephone and identity number: whoever is accused by
    one of them is thought to be the viewer."""
    seats: tuple[str, ...] | None = None
    """Prefixes of the divisions of the organs; None where one is not known, which keeps unnamed accusations away."""
    sources: frozenset[str] = frozenset()
    """The sources that a partner pushes records of."""

    def __repr__(self) -> str:
        """Tell nothing by which a person could be found."""
        return f"Viewer({self.name!r}, {'+'.join(sorted(self.roles))})"


class ForbiddenError(GraphError):
    """The viewer may not do this. The message says who may."""

    def __init__(self, action: Action, unless: Wording | None = None) -> None:
        super().__init__(unless or _not_yours(_RULES[action]))
        self.action = action


_RULES: Final = {rule.action: rule for rule in TABLE}


def _not_yours(rule: Rule) -> Wording:
    action, roles = Wording(rule.action), joined([Wording(role) for role in sorted(rule.roles)])
    if rule.clearance is None:
        return Wording("You may not {action}. The roles that may: {roles}.", action=action, roles=roles)
    return Wording(
        "You may not {action}. The roles that may, with the clearance `{clearance}`: {roles}.",
        action=action, clearance=rule.clearance, roles=roles,
    )  # fmt: skip


def allows(viewer: Viewer, action: Action) -> bool:
    """Tell whether a row of the table lets the viewer's roles and clearances do something."""
    rule = _RULES[action]
    return bool(rule.roles & viewer.roles) and (rule.clearance is None or rule.clearance in viewer.clearances)


def require(viewer: Viewer, action: Action) -> None:
    """Raise ForbiddenError unless the viewer may do something."""
    if not allows(viewer, action):
        raise ForbiddenError(action)


OTHERS_SOURCE: Final = Wording("This source is not one of yours. Name one that you enter or push records of, or none.")


@dataclass(frozen=True, slots=True)
class Authority:
    """By what right records are written: whose, and by which row of the table. Commands of this machine need none."""

    viewer: Viewer
    action: Action

    def require(self, sources: Iterable[str]) -> None:
        """Raise ForbiddenError unless the viewer may write records of these sources."""
        require(self.viewer, self.action)
        if self.action is Action.PUSH and not self.viewer.sources.issuperset(sources):
            raise ForbiddenError(self.action, OTHERS_SOURCE)


def sees_cases(viewer: Viewer) -> bool:
    """Tell whether there is any case that a viewer could see: a role alone shows none."""
    by_division = bool(viewer.divisions) and allows(viewer, Action.READ_DIVISION)
    return by_division or (bool(viewer.organs) and allows(viewer, Action.READ_ORGAN))


def is_useless(viewer: Viewer) -> bool:
    """Tell whether a viewer may see nothing and do nothing, for want of a division, an organ or a source."""
    pushes = bool(viewer.sources) and allows(viewer, Action.PUSH)
    return not (sees_cases(viewer) or pushes or any(not one.condition and allows(viewer, one.action) for one in TABLE))


def scopes_of(roles: Iterable[Role]) -> tuple[str, ...]:
    """Return by what cases come into these roles' sight, or records from them: `division`, `organ`, `source`."""
    ways = (("division", Action.READ_DIVISION), ("organ", Action.READ_ORGAN), ("source", Action.PUSH))
    held = frozenset(roles)
    return tuple(name for name, action in ways if _RULES[action].roles & held)
