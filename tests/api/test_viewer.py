"""Who asks is told who they are and what they may do, by the table that decides it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from casegraph.app import executor_of
from graph.ids import new_id, organ_id
from graph.policy import EVERYWHERE, Action, Clearance, Role, Viewer, allows
from resolvers.limits import DocumentLimits
from resolvers.trusted import Trusted
from schema.enums import DESCRIPTIONS
from schema.ids import global_id
from tests.api.conftest import Api, client_of
from tests.graph.factory import draft, reply
from tests.policy.asking import post
from tests.viewers import EVERYTHING, only

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resolvers.execution import Executor

ASKED: Final = "{ viewer { name roles everywhere divisions { code name } organs { name } clearances may } }"
WHO: Final = Viewer(
    name="审计员", roles=frozenset({Role.HANDLER, Role.AUDITOR}), divisions=("4301", "99", "430104"),
    organs=frozenset({organ_id("岳麓区城市管理局"), organ_id("没有的局")}), clearances=frozenset({Clearance.IDENTITY}),
)  # fmt: skip


async def test_a_viewer_is_told_by_name_and_code(api: Api) -> None:
    """Divisions by both; an organ of which nothing is known here has no name to tell."""
    await api.take_in(draft("1", replies=(reply(),)))
    executor = _executor(api)
    told = (await post(executor, WHO, ASKED))["data"]["viewer"]
    assert told["name"] == "审计员"
    assert told["roles"] == ["HANDLER", "AUDITOR"]
    assert told["clearances"] == ["IDENTITY"]
    assert told["everywhere"] is False
    assert told["divisions"] == [
        {"code": "4301", "name": "湖南省长沙市"}, {"code": "430104", "name": "湖南省长沙市岳麓区"},
        {"code": "99", "name": None},
    ]  # fmt: skip
    assert told["organs"] == [{"name": "岳麓区城市管理局"}]


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("clearances", [frozenset(), frozenset(Clearance)])
async def test_what_one_may_is_what_the_table_allows(api: Api, role: Role, clearances: frozenset[Clearance]) -> None:
    """No more and no less: each action is asked of the function that decides."""
    viewer = Viewer(name="somebody", roles=frozenset({role}), clearances=clearances)
    told = (await post(_executor(api), viewer, ASKED))["data"]["viewer"]["may"]
    assert told == [action.name for action in Action if allows(viewer, action)]


DONE: Final[Mapping[Action, str]] = {
    Action.SUBMIT: 'submitWebMessage(input: {title: "x", text: "x", receivedAt: "2026-11-01T00:00:00Z"})',
    Action.RETRY: f'retryRejection(input: {{rejection: "{global_id("Rejection", new_id())}"}})',
    Action.SAVE: 'saveSearch(input: {name: "x", query: "油烟"})',
}  # fmt: skip


@pytest.mark.parametrize("role", Role)
async def test_a_button_that_is_shown_is_not_refused(api: Api, role: Role) -> None:
    """What `may` tells and what a mutation does agree."""
    async with client_of(api.services, viewer=only(role)) as http:
        asker = Api(api.services, http)
        may = (await asker.ask(ASKED))["viewer"]["may"]
        for action, call in DONE.items():
            told = await asker.post(f"mutation {{ {call} {{ errors {{ code }} }} }}")
            codes = [error["extensions"]["code"] for error in told.get("errors", ())]
            assert ("FORBIDDEN" in codes) is (action.name not in may), (action, told)


async def test_whoever_sees_everything_is_everywhere(api: Api) -> None:
    """That is no division."""
    told = (await api.ask(ASKED))["viewer"]
    assert (told["everywhere"], told["divisions"]) == (True, [])
    assert EVERYWHERE in EVERYTHING.divisions


def test_every_action_is_told_in_the_api() -> None:
    """With its words."""
    _, described = DESCRIPTIONS[Action]
    assert set(described) == {action.name for action in Action}


def _executor(api: Api) -> Executor:
    return executor_of(api.services, DocumentLimits(), Trusted())
