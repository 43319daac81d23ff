"""What belongs to a case, a submission, a party, a place or an organ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.reads import AT, OPENED_AT, POSITION, RECEIVED_AT, Order
from resolvers import rows
from resolvers.cursors import SealedCursors
from resolvers.fetching import Fetching
from schema import types
from schema.enums import Direction

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from graph.database import Row
    from graph.identity import Vault
    from resolvers.snapshot import Snapshot
    from schema.ports import PageRequest
    from schema.types import Connection

CODE_LENGTH = 6
LATEST_OPENED = Order(OPENED_AT.columns, descending=True)


def directed(order: Order, direction: Direction) -> Order:
    """Return an order from the end that was asked for."""
    return Order(order.columns, descending=direction is Direction.DESCENDING)


class CaseReads(Fetching):
    """What belongs to a case and every case joined to it."""

    def __init__(self, snapshot: Snapshot, vault: Vault) -> None:
        super().__init__(snapshot)
        self.vault = vault

    async def case_submissions(
        self, case: types.Case, direction: Direction, page: PageRequest
    ) -> Connection[types.Submission]:
        order = directed(RECEIVED_AT, direction)
        return await self.page_of_nodes("case_submissions", case.key, types.Submission, page, order)

    async def case_parties(self, case: types.Case, page: PageRequest) -> Connection[types.Party]:
        return await self.page_of_nodes("case_parties", case.key, types.Party, page)

    async def case_events(self, case: types.Case, page: PageRequest) -> Connection[types.Event]:
        return await self.page_of_nodes("case_events", case.key, types.Event, page, AT)

    async def case_timeline(self, case: types.Case, page: PageRequest) -> Connection[types.TimelineEntry]:
        async def build(found: Sequence[Row]) -> list[types.TimelineEntry]:
            return [rows.timeline_entry_of(row) for row in found]

        cursors = SealedCursors(self.vault, f"timeline/{case.key}")
        return await self.page_within("case_timeline", case.key, page, POSITION, cursors=cursors, build=build)

    async def case_places(self, case: types.Case) -> list[types.CasePlace]:
        return await self.links_of("case_places", case.key, rows.case_place_of)

    async def case_organs(self, case: types.Case) -> list[types.CaseOrgan]:
        return await self.links_of("case_organs", case.key, rows.case_organ_of)

    async def case_relations(self, case: types.Case) -> list[types.CaseLink]:
        return await self.links_of("case_relations", case.key, rows.case_link_of)

    async def case_division(self, code: str | None) -> types.Place | None:
        if code is None:
            return None
        found = await self.loaders.nodes("places_by_code").load(code.ljust(CODE_LENGTH, "0"))
        return None if found is None else await self.get(types.Place, found["id"])

    async def place_cases(self, place: types.Place, page: PageRequest) -> Connection[types.Case]:
        return await self.page_of_nodes("place_cases", place.key, types.Case, page, LATEST_OPENED)

    async def organ_cases(self, organ: types.Organ, page: PageRequest) -> Connection[types.Case]:
        return await self.page_of_nodes("organ_cases", organ.key, types.Case, page, LATEST_OPENED)


class SubmissionReads(Fetching):
    """What belongs to a submission and its parts."""

    async def case_of(self, key: UUID) -> types.Case:
        return await self.get(types.Case, key)

    async def submission_of(self, key: UUID) -> types.Submission:
        return await self.get(types.Submission, key)

    async def event_of(self, key: UUID) -> types.Event | None:
        return await self.find(types.Event, key)

    async def submission_filing(self, submission: types.Submission) -> types.Link | None:
        found = await self.links_of("submission_filing", submission.key, rows.link_of)
        return found[0] if found else None

    async def submission_mentions(self, submission: types.Submission) -> list[types.Mention]:
        return await self.nodes_of("submission_mentions", submission.key, types.Mention)

    async def submission_revisions(self, submission: types.Submission) -> list[types.Revision]:
        return await self.nodes_of("submission_revisions", submission.key, types.Revision)

    async def submission_documents(self, submission: types.Submission) -> list[types.Document]:
        return await self.nodes_of("submission_documents", submission.key, types.Document)

    async def submission_events(self, submission: types.Submission) -> list[types.Event]:
        return await self.nodes_of("submission_events", submission.key, types.Event)


class PartyReads(Fetching):
    """What belongs to a party, and the nodes that others refer to."""

    async def party_of(self, key: UUID) -> types.Party:
        return await self.get(types.Party, key)

    async def mention_of(self, key: UUID) -> types.Mention:
        return await self.get(types.Mention, key)

    async def place_of(self, key: UUID) -> types.Place:
        return await self.get(types.Place, key)

    async def organ_of(self, key: UUID) -> types.Organ:
        return await self.get(types.Organ, key)

    async def party_mentions(self, party: types.Party, page: PageRequest) -> Connection[types.Mention]:
        return await self.page_of_nodes("party_mentions", party.key, types.Mention, page)

    async def party_cases(self, party: types.Party, page: PageRequest) -> Connection[types.Case]:
        return await self.page_of_nodes("party_cases", party.key, types.Case, page, LATEST_OPENED)

    async def party_links(self, party: types.Party) -> list[types.PartyLink]:
        return await self.links_of("party_links", party.key, rows.party_link_of)
