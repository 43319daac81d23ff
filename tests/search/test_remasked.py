"""The index follows what is masked anew: what an older rule left in clear is found no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.remasking import mask_standing
from search.compile import compile_query, for_number
from search.engine import Lookup
from search.hidden import Hidden
from search.indexer import Indexer
from search.query import parse
from tests.graph.factory import NOW, draft, make_intake
from tests.graph.test_remasking import by_older_rule

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from graph.database import Connection, Pool
    from graph.identity import Vault
    from search.engine import Engine

NUMBER = "138-1234-5678"


async def test_what_is_masked_anew_is_found_by_its_digits_no_more(
    monkeypatch: pytest.MonkeyPatch, pool: Pool, connection: Connection, engine: Engine, vault: Vault, tmp_path: Path
) -> None:
    """Before, the digits stood in the index; after it has followed the journal, the keyed hash alone does."""
    indexer = Indexer(pool=pool, engine=engine)
    intake = make_intake(pool, vault, tmp_path / "attachments")
    await by_older_rule(monkeypatch, connection, vault, intake, draft("1", text=f"油烟扰民，请打{NUMBER}。"))
    digits = compile_query(parse(f'"{NUMBER}"'))
    asked = (Lookup(match=digits.match), Lookup(match=for_number(digits, Hidden(vault).number(NUMBER)).match))

    async def hits() -> list[int]:
        await indexer.catch_up()
        return [len((await engine.find(lookup)).candidates) for lookup in asked]

    assert await hits() == [1, 1]
    await mask_standing(connection, vault, NOW)
    assert await hits() == [0, 1]
