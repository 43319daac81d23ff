"""Everything that writes to the graph, at once, on the same few people, cases and organs."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any, Final

from graph.attachments import Attachments
from graph.belonging import Homes, Said
from graph.commands import Commands
from graph.database import CONFLICTED
from graph.erasure import Eraser
from graph.erasure_list import SubjectKind
from graph.errors import ConflictError, NotFoundError
from graph.expiry import Expiry
from graph.gazetteer import Gazetteer
from graph.identity import Vault
from graph.keyring import FIRST, Keyring
from graph.records import (
    Channel,
    Correctable,
    MentionDraft,
    MentionRole,
    PartyKind,
    PetitionKind,
    Refusal,
    RejectionReason,
)
from graph.rederiving import Rederiving
from graph.retention import Kept, load_rules
from graph.rotation import rewrap
from tests.graph.factory import GAZETTEER, NOW, TEXT, draft, make_intake, petitioner, reply
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from graph.database import Pool, Row
    from graph.intake import Intake
    from graph.records import Draft, Reading
    from graph.retention import Rule

PEOPLE: Final = (("张三", "13812341234"), ("李四", "13912341234"), ("王五", "13712341234"), ("张三", "13612341234"))
ORGANS: Final = ("岳麓区城市管理局", "岳麓区教育局", "天心区教育局", "岳麓区公安局", "天心区住房保障局")
DIVISIONS: Final = ("430104", "430103", "430104001", None)
TEXTS: Final = (TEXT, f"{TEXT}谢谢。", f"{TEXT}望回复。", "天心区某小学的学位今年不够。")
KEYS: Final = 60
"""Ids that sources send at one time, again and again; later others."""
LATEST: Final = 60
"""Rows of a table among which one is chosen."""
FILED: Final = f"""select submission.id from submission join "case" own on own.id = submission.case_id
where own.submission_count > 1 order by submission.id desc limit {LATEST}"""  # noqa: S608 - ours
JOINED: Final = f"""select origin as id from case_relation where state = 'ACCEPTED' limit {LATEST}"""  # noqa: S608 - ours
LINKED: Final = f"select low, high from same_party where state = 'ACCEPTED' order by id desc limit {LATEST}"  # noqa: S608


@dataclass(frozen=True, slots=True)
class House:
    """What writes to one database."""

    pool: Pool
    intake: Intake
    commands: Commands
    eraser: Eraser
    expiry: Expiry
    vaults: tuple[Vault, Vault]
    """Two that open the same, and wrap by different master keys."""

    @classmethod
    def of(cls, pool: Pool, folder: Path) -> House:
        """Put together what writes to a database."""
        ring = Keyring.of(os.urandom(32)).grown()
        vault, attachments = Vault(ring), Attachments(folder / "attachments")
        eraser = Eraser(pool=pool, vault=vault, attachments=attachments, erasures=folder / "erasures.log")
        rules: dict[Kept, Rule] = {kind: load_rules()[kind] for kind in (Kept.PAYLOADS, Kept.REJECTIONS)}
        return cls(
            pool=pool,
            intake=make_intake(pool, vault, folder),
            commands=Commands(pool=pool, gazetteer=GAZETTEER),
            eraser=eraser,
            expiry=Expiry(pool=pool, eraser=eraser, attachments=attachments, rules=rules),
            vaults=(vault, Vault(replace(ring, current=FIRST))),
        )

    async def deadlocks(self) -> int:
        """Return how many PostgreSQL broke in this database. Nothing else may use the pool."""
        async with AsyncExitStack() as stack:
            size = self.pool.get_max_size()
            opened = [await stack.enter_async_context(self.pool.acquire()) for _ in range(size)]
            for connection in opened:
                await connection.execute("select pg_stat_force_next_flush()")
            found: int = await opened[0].fetchval(
                "select deadlocks from pg_stat_database where datname = current_database()"
            )
            return found


class Writer:
    """One of those that write at once; `Counter` tells how often each thing was done, and what was refused."""

    def __init__(self, house: House, chance: Random) -> None:
        self._house, self._chance = house, chance

    async def write(self, operations: Iterator[int], done: Counter[str]) -> None:
        """Do one thing after the other, as long as `operations` lasts."""
        for number in operations:
            what = TURNS[number * PRIME % len(TURNS)]
            try:
                await getattr(self, f"_{what}")(number)
                done[what] += 1
            except (ConflictError, NotFoundError) as error:
                done["given up" if isinstance(error.__cause__, CONFLICTED) else f"{what}: refused"] += 1

    async def _some(self, table: str, count: int = 2) -> list[Any]:
        """Return ids of a table's latest rows, by chance."""
        statement = f'select id from "{table}" order by id desc limit {LATEST}'  # noqa: S608 - ours
        return [row["id"] for row in await self._chosen(statement, count)]

    async def _chosen(self, statement: str, count: int = 1) -> list[Row]:
        rows = await self._house.pool.fetch(statement)
        if len(rows) < count:
            raise NotFoundError("row", statement)
        return self._chance.sample(rows, count)

    # What sources send -----------------------------------------------------------------------------------------------

    async def _take_in(self, number: int) -> None:
        arrivals: list[Reading] = [self._draft(number // 20) for _ in range(self._chance.randint(1, 8))]
        if self._chance.random() < 0.3:
            arrivals += [self._refusal() for _ in range(3)]
        await self._house.intake.take_in(arrivals, actor=f"writer {number}", now=NOW)

    def _draft(self, earliest: int) -> Draft:
        chance, accuses = self._chance, self._chance.random() < 0.4
        people = chance.sample(PEOPLE, chance.randint(1, 2))
        accused = chance.sample(ORGANS, chance.randint(0, 2)) if accuses else []
        return draft(
            str(earliest + chance.randrange(KEYS)),
            kind=PetitionKind.ACCUSATION if accuses else PetitionKind.APPEAL,
            text=chance.choice(TEXTS),
            division=chance.choice(DIVISIONS),
            organ=chance.choice(ORGANS),
            replies=tuple(reply(organ=organ) for organ in chance.sample(ORGANS, chance.randint(0, 3))),
            mentions=(
                *(petitioner(name, phone) for name, phone in people),
                *(MentionDraft(role=MentionRole.RESPONDENT, kind=PartyKind.ORGANISATION, name=one) for one in accused),
            ),
        )

    def _refusal(self) -> Refusal:
        place = self._chance.randrange(10)
        return Refusal(
            channel=Channel.HOTLINE, source="hotline", position=f"row {place}", reason=RejectionReason.DATE,
            message="No date.", payload=str(place).encode(),
        )  # fmt: skip

    # What people decide ----------------------------------------------------------------------------------------------

    async def _file_submission(self, _: int) -> None:
        [submission], [case] = await self._chosen(FILED), await self._some("case", 1)
        await self._house.commands.file_submission(
            submission=submission["id"], case=case, reason="", by=EVERYTHING, now=NOW
        )  # fmt: skip

    async def _part_submission(self, _: int) -> None:
        [submission] = await self._chosen(FILED)
        await self._house.commands.part_submission(submission=submission["id"], by=EVERYTHING, now=NOW)

    async def _join_cases(self, _: int) -> None:
        leading, other = await self._some("case")
        await self._house.commands.join_cases(leading=leading, other=other, reason="", by=EVERYTHING, now=NOW)

    async def _part_cases(self, _: int) -> None:
        [joined] = await self._chosen(JOINED)
        await self._house.commands.part_cases(case=joined["id"], by=EVERYTHING, now=NOW)

    async def _join_parties(self, _: int) -> None:
        one, other = await self._some("mention")
        await self._house.commands.join_parties(one=one, other=other, reason="", by=EVERYTHING, now=NOW)

    async def _part_parties(self, _: int) -> None:
        [linked] = await self._chosen(LINKED)
        await self._house.commands.part_parties(one=linked["low"], other=linked["high"], by=EVERYTHING, now=NOW)

    async def _name_accused(self, _: int) -> None:
        [submission] = await self._some("submission", 1)
        organs = self._chance.sample(ORGANS, 2)
        await self._house.commands.name_accused(
            submission=submission, organs=organs, reason="", by=EVERYTHING, now=NOW
        )  # fmt: skip

    async def _correct_submission(self, _: int) -> None:
        [submission] = await self._some("submission", 1)
        choices: dict[Correctable, list[str]] = {
            Correctable.KIND: list(PetitionKind), Correctable.TOPIC: ["民政", "城乡建设"],
            Correctable.DIVISION: ["430103", "430104"], Correctable.ORGAN: list(ORGANS),
        }  # fmt: skip
        names = self._chance.sample(list(choices), self._chance.choice((1, 1, 2, 4)))
        asked = {name: self._chance.choice([None, *choices[name] * 3]) for name in names}
        await self._house.commands.correct_submission(
            submission=submission, asked=asked, reason="", by=EVERYTHING, now=NOW
        )

    async def _rederive(self, _: int) -> None:
        homes = Homes(Gazetteer(self._chance.choice(["4301", "430103"])))
        deriving = Rederiving(self._house.pool, self._house.vaults[0], homes, lambda stored: Said(title=stored.title))
        await deriving.rederive(await self._some("submission", 20), NOW)

    # What ends -------------------------------------------------------------------------------------------------------

    async def _erase(self, _: int) -> None:
        kind = self._chance.choice(list(SubjectKind))
        [subject] = await self._some("submission" if kind is SubjectKind.SUBMISSION else "mention", 1)
        await self._house.eraser.erase(kind, subject, reason="", actor="officer", now=NOW)

    async def _expire(self, _: int) -> None:
        async for _gone in self._house.expiry.carry_out(NOW + timedelta(days=4 * 366)):
            pass

    async def _rotate(self, number: int) -> None:
        async with self._house.pool.acquire() as connection:
            await rewrap(connection, self._house.vaults[number % 2], batch=20)


DOES: Final = {
    "take_in": 30, "file_submission": 20, "part_submission": 12, "join_cases": 8, "part_cases": 6, "join_parties": 8,
    "part_parties": 6, "name_accused": 6, "correct_submission": 10, "rederive": 2, "erase": 2, "expire": 1, "rotate": 1,
}  # fmt: skip
"""What is done, and how often."""
TURNS: Final = tuple(Counter(DOES).elements())
PRIME: Final = 37
"""Steps through the turns in a mixed order, and through all of them."""


async def contend(house: House, *, operations: int, writers: int, seed: int) -> Counter[str]:
    """Let writers do so many things at once, drawn by `seed`; return how often each was done."""
    left, done = iter(range(operations)), Counter[str]()
    writing = [Writer(house, Random(f"{seed}/{number}")).write(left, done) for number in range(writers)]  # noqa: S311
    async with asyncio.TaskGroup() as group:
        for one in writing:
            group.create_task(one)
    return done
