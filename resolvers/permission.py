"""What a viewer may not do, said where it was asked for: an error `FORBIDDEN` that names who may."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from graph import policy
from graph.policy import ForbiddenError
from resolvers.plan import Read
from schema.errors import RequestError

if TYPE_CHECKING:
    from graph.policy import Action, Viewer
    from resolvers.plan import Plan, Root

FORBIDDEN: Final = "FORBIDDEN"


def require(viewer: Viewer, action: Action) -> None:
    """Raise RequestError unless the viewer may do something."""
    try:
        policy.require(viewer, action)
    except ForbiddenError as error:
        raise RequestError(FORBIDDEN, error.wording) from None


def permitted(plan: Plan, viewer: Viewer) -> Plan:
    """Return the plan with an error in the place of each field of the operation that the viewer may not ask for."""
    roots = tuple(_permitted(root, viewer) for root in plan.roots)
    return plan if roots == plan.roots else replace(plan, roots=roots, direct=False, statements={})


def _permitted(root: Root, viewer: Viewer) -> Root:
    if not isinstance(root, Read) or not root.needs:
        return root
    try:
        for action in sorted(root.needs):
            require(viewer, action)
    except RequestError as error:
        return replace(root, column=None, error=error)
    return root
