"""Every example of docs/graphql.md runs, in the order in which it stands there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from graph.records import Channel, VisitDetails
from tests.graph.factory import draft, petitioner

if TYPE_CHECKING:
    from tests.api.conftest import Api

GUIDE = Path(__file__).parents[2] / "docs" / "graphql.md"
EXAMPLE = re.compile(r"^```graphql\n(.*?)^```", re.MULTILINE | re.DOTALL)


async def test_every_example_runs(api: Api) -> None:
    """None answers with an error, and those that list something list it."""
    await api.take_in(
        draft("1", mentions=(petitioner(),)),
        draft(
            "2", title="路灯坏了", text="三个月没有修。", channel=Channel.VISIT, source="visit", details=VisitDetails()
        ),
    )
    cases = (await api.ask("{ cases { nodes { id } } }"))["cases"]["nodes"]
    variables = {"case": cases[0]["id"], "leading": cases[0]["id"], "other": cases[1]["id"]}
    examples = EXAMPLE.findall(GUIDE.read_text(encoding="utf-8"))
    assert len(examples) >= 8
    for example in examples:
        asked = {name: value for name, value in variables.items() if f"${name}:" in example}
        data = await api.ask(example, **asked)
        [(_, answer)] = data.items()
        assert answer is not None
        assert not answer.get("errors"), example
        assert answer.get("nodes", True) or "rejections" in data, example
