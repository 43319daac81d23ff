"""Nothing is counted or weighed for somebody that they do not see, once it was changed who sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.policy import village
from tests.policy.asking import counted
from tests.policy.test_oracles import STAFF
from tests.policy.village import CITY, LATER, SCHOOL, accusing, respondent
from tests.reference.saved import follow
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from tests.api.conftest import Api

AGAIN = village.Matter("辛申", "主任渎职")


async def test_who_is_named_by_one_submission_is_kept_from_all_of_its_case(filled: Api) -> None:
    """What is filed with an accusation is out of the index's sight for those whom a decision names as accused."""
    services = filled.services
    one, other = [await village.submission(services, word) for word in ("辛申", "辛酉")]
    assert await village.case(services, "辛申") == await village.case(services, "辛酉")
    for word in (one, other):  # in the village both are unnamed, or of others
        await services.commands.name_accused(submission=word, organs=[CITY], reason="查", by=EVERYTHING, now=LATER)
    await follow(services)
    assert {one, other} <= set(await counted(services.engine, STAFF))
    await services.commands.name_accused(submission=one, organs=[SCHOOL], reason="查", by=EVERYTHING, now=LATER)
    await follow(services)
    assert not {one, other} & set(await counted(services.engine, STAFF))


async def test_who_is_accused_by_a_revision_is_kept_from_all_of_its_case(filled: Api) -> None:
    """So it is where the source itself says more."""
    services = filled.services
    one, other = [await village.submission(services, word) for word in ("辛申", "辛酉")]
    assert {one, other} <= set(await counted(services.engine, STAFF))
    await village.take_in(services, accusing(AGAIN, respondent(CITY), respondent(SCHOOL)), now=LATER)
    await follow(services)
    assert not {one, other} & set(await counted(services.engine, STAFF))
