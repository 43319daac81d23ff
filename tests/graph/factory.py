"""Drafts for tests: a whole one, with what the test is about changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from graph.attachments import Attachments
from graph.belonging import Homes
from graph.ids import new_id
from graph.intake import Intake
from graph.journal import Entry, EntryKind, append
from graph.places import Gazetteer
from graph.records import Channel, Draft, HotlineDetails, MentionDraft, MentionRole, ReplyDraft
from graph.topics import Taxonomy

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from graph.database import Connection, Pool
    from graph.identity import Vault
    from graph.linking import Linker

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
TEXT = (
    "岳麓区桔园小区三栋楼下的烧烤店每晚营业到凌晨两点，油烟直接排进住户家中，噪声很大，"
    "请有关部门上门查处并给出书面答复。"
)


def draft(external_id: str | None = "1", **changes: Any) -> Draft:
    """Return a hotline ticket with these fields changed."""
    return Draft(
        **{
            "channel": Channel.HOTLINE,
            "source": "hotline",
            "external_id": external_id,
            "received_at": NOW - timedelta(days=3),
            "title": "烧烤店油烟扰民",
            "text": TEXT,
            "payload": f'{{"工单编号": "{external_id}"}}'.encode(),
            "position": f"tickets.csv row {external_id}",
            "details": HotlineDetails(ticket_type="投诉"),
        }
        | changes
    )


def petitioner(name: str = "张三", phone: str | None = "13812341234", **changes: Any) -> MentionDraft:
    """Return a petitioner."""
    return MentionDraft(role=MentionRole.PETITIONER, name=name, phone=phone, **changes)


def reply(text: str = "已责令该店整改。", organ: str | None = "岳麓区城市管理局", days: int = 1) -> ReplyDraft:
    """Return an organ's answer, some days before now."""
    return ReplyDraft(text=text, organ=organ, at=NOW - timedelta(days=days))


async def step_alone(connection: Connection, case: UUID, body: str) -> UUID:
    """Record a step of a case that came with no submission, as whoever handles it would; return its id."""
    step = new_id()
    await connection.execute(
        """insert into event (id, case_id, kind, at, at_given, body, content_digest, number_hashes, scope)
        select $1, id, 'REPLIED', $3, true, $4, '', '{}', scope from "case" where id = $2""",
        step, case, NOW, body,
    )  # fmt: skip
    entry = Entry(kind=EntryKind.EVENT_RECORDED, subject=step, object=case, actor="desk", at=NOW, state="REPLIED")
    await append(connection, [entry])
    return step


GAZETTEER = Gazetteer()
_TAXONOMY = Taxonomy()


def make_intake(
    pool: Pool, vault: Vault, folder: Path, linker: Linker | None = None, homes: Homes | None = None
) -> Intake:
    """Return an intake on these parts; of an instance that has no home unless it is given."""
    return Intake(
        pool=pool,
        vault=vault,
        attachments=Attachments(folder),
        homes=homes or Homes(GAZETTEER),
        taxonomy=_TAXONOMY,
        linker=linker,
    )
