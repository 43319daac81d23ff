"""The policy adds comparisons to a plan and nothing that is read; what functions ask instead is asked in full."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Final

import pytest

from graph.guard import CASE_OF, Guard, sql
from graph.ids import organ_id
from graph.scope import scope
from schema.ids import global_id
from tests.api.conftest import api
from tests.graph.factory import reply
from tests.policy.test_classified import DISCIPLINE, NEIGHBOUR, locks
from tests.policy.test_leakproof import explained, plans
from tests.policy.test_takeover import accusation, ask_as
from tests.policy.viewers import viewer

if TYPE_CHECKING:
    from graph.database import Pool
    from tests.api.conftest import Api
    from tests.policy.viewers import Cast

__all__ = ["api", "locks"]

DRAWN: Final = 30
"""Viewers of each table."""
PARTS: Final = {"case": ("case_organ",), "submission": ("case_organ",)}
"""By which cases are found for viewers who see by their organs alone: a way to them, and no question about each."""


@pytest.mark.parametrize("table", [*CASE_OF, "organ", "place"])
async def test_a_table_is_read_for_a_viewer_without_another(table: str, cast: Cast, reading_pool: Pool) -> None:
    """Under both locks, whoever asks: what is read is the table itself, and what is made ready is who asks."""
    statement = sql(f'select count(*) from "{table}" one')  # noqa: S608 - our own names
    for number in range(DRAWN):
        somebody = viewer(Random(number), cast)  # noqa: S311 - nothing secret
        text = Guard(scope(somebody).shape, parameters=False).around(statement)
        nodes = list(plans(await explained(reading_pool, somebody, text, [])))
        read = {node["Relation Name"] for node in nodes if "Relation Name" in node}
        assert read <= {table, *PARTS.get(table, ())}, somebody
        ready = [node for node in nodes if str(node.get("Subplan Name")).startswith(("InitPlan", "SubPlan"))]
        assert len(ready) <= 4, (somebody, text)


async def test_an_organ_that_only_hidden_steps_name_is_unknown(locks: Api) -> None:
    """By either lock alone: whoever sees the accusation in which it answered knows of it, and nobody else."""
    answered = "省纪检监察三室"
    await locks.take_in(accusation(organ=None, replies=(replace(reply(), organ=answered),)))
    asked = f'{{ nodes(ids: ["{global_id("Organ", organ_id(answered))}"]) {{ ... on Organ {{ name }} }} }}'
    for somebody, told in ((DISCIPLINE, {"name": answered}), (NEIGHBOUR, None)):
        assert (await ask_as(locks, somebody, asked))["data"]["nodes"] == [told], somebody
