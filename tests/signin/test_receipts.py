"""A petitioner sees by the receipt code how the matter stands, and nothing else; guessing is slowed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from starlette.requests import Request

from casegraph.addresses import address_of
from casegraph.lookup import BURST, BURST_OF_ALL, EVERY, Bucket, Slowed
from casegraph.refusals import RefusalError
from graph.receipts import read_code, receipt_code
from graph.records import PetitionKind, ReplyDraft
from tests.graph.factory import draft, petitioner

if TYPE_CHECKING:
    from tests.api.conftest import Api
    from tests.signin.conftest import Clock

REPLY = ReplyDraft(text="已责令该店整改。", organ="岳麓区城市管理局", at=datetime(2026, 11, 21, 1, tzinfo=UTC))


async def test_a_code_tells_how_it_stands(nobody: Api) -> None:
    """What was answered to this very submission; neither who sent it nor what else is filed with it."""
    text = "桔园小区三栋楼下的烧烤店每晚营业到凌晨两点，油烟直接排进住户家中，请查处并书面答复。"
    [one, other] = await nobody.take_in(
        draft("1", text=text, mentions=(petitioner("张三", "13812341234"),), replies=(REPLY,)),
        draft("2", text=text, mentions=(petitioner("张三", "13812341234"),), replies=(ReplyDraft(text="另一答复"),)),
    )
    assert one.case == other.case
    answer = await nobody.http.get(f"/receipts/{one.receipt_code}")
    assert answer.json() == {
        "receipt": {
            "channel": "HOTLINE",
            "receivedAt": "2026-11-21T01:00:00+00:00",
            "status": "ANSWERED",
            "replies": [{"organ": "岳麓区城市管理局", "at": "2026-11-21T01:00:00+00:00", "text": "已责令该店整改。"}],
        }
    }
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")
    [reply] = (await nobody.http.get(f"/receipts/{other.receipt_code}")).json()["receipt"]["replies"]
    assert reply == {"organ": None, "at": None, "text": "另一答复"}


async def test_a_code_is_read_as_it_was_written_down(nobody: Api) -> None:
    """Small letters, blanks and dashes between, I and L for 1, O for 0."""
    [one] = await nobody.take_in(draft("1", kind=PetitionKind.ACCUSATION))
    await nobody.services.pool.execute("update submission set receipt_code = '0123456789ABC'")
    for written in ("0123456789ABC", "o l23 4567-89abc", "OI23456789aBc"):
        assert (await nobody.http.get(f"/receipts/{written}")).status_code == 200
    assert one.receipt_code
    assert read_code(receipt_code()) is not None


async def test_what_is_no_code_is_answered_alike(nobody: Api) -> None:
    """Whoever guesses learns nothing from the answer."""
    codes = (receipt_code(), "x", "0" * 14, "U" * 13, "%00", "' or 1=1", "٣" * 13)
    answers = [await nobody.http.get(f"/receipts/{code}") for code in codes]
    assert {(one.status_code, one.text) for one in answers} == {(404, answers[0].text)}
    assert {tuple(one.headers.items()) for one in answers} == {tuple(answers[0].headers.items())}
    assert (await nobody.http.post(f"/receipts/{receipt_code()}")).status_code == 405


async def test_guessing_is_slowed(nobody: Api) -> None:
    """After a few look-ups at once an address has to wait, and is told how long."""
    codes = [receipt_code() for _ in range(BURST + 5)]
    answers = [await nobody.http.get(f"/receipts/{code}") for code in codes]
    assert [one.status_code for one in answers[:BURST]] == [404] * BURST
    late = answers[-1]
    assert (late.status_code, late.json()["errors"][0]["extensions"]["code"]) == (429, "TOO_MANY_REQUESTS")
    assert 1 <= int(late.headers["retry-after"]) <= EVERY + 1


def test_each_address_has_its_own_bucket_and_all_share_one(clock: Clock) -> None:
    """One who guesses slows nobody else, and many who do are slowed together."""
    slowed = Slowed(clock.monotonic)
    for _ in range(BURST):
        slowed.require("192.0.2.1")
    with pytest.raises(RefusalError):
        slowed.require("192.0.2.1")
    slowed.require("192.0.2.2")
    clock.forward(EVERY)
    slowed.require("192.0.2.1")
    with pytest.raises(RefusalError):
        slowed.require("192.0.2.1")
    with pytest.raises(RefusalError):  # noqa: PT012  # at which of them is no matter
        for number in range(2 * BURST_OF_ALL):
            slowed.require(f"198.51.100.{number}")


def test_a_bucket_fills_again() -> None:
    """To its brim and no further."""
    bucket = Bucket(2, 1.0, 0.0)
    taken = [bucket.wait(now) for now in (0.0, 0.0, 0.0, 1.0, 1.0, 100.0, 100.0, 100.0)]
    assert [one == 0 for one in taken] == [True, True, False, True, False, True, True, False]


@pytest.mark.parametrize(
    ("client", "forwarded", "proxy", "counted"),
    [
        ("192.0.2.1", None, None, "192.0.2.1"),
        ("192.0.2.1", "198.51.100.7", None, "192.0.2.1"),
        ("10.0.0.1", "198.51.100.9, 198.51.100.7", "10.0.0.1", "198.51.100.7"),
        ("10.0.0.1", "nonsense", "10.0.0.1", ""),
        ("2001:db8:1:2:3::4", None, None, "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", None, None, "192.0.2.1"),
    ],
)
def test_addresses_are_those_of_households(client: str, forwarded: str | None, proxy: str | None, counted: str) -> None:
    """The header is believed where our own proxy wrote it, and its last entry alone."""
    headers: list[Any] = [] if forwarded is None else [(b"x-forwarded-for", forwarded.encode())]
    request = Request({"type": "http", "client": (client, 5), "headers": headers})
    assert address_of(request, proxy) == counted
