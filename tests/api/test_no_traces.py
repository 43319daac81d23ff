"""Names, numbers and texts of people are in no log, metric or error, whatever door they come through."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx
import orjson
import pytest

from graph.records import Refusal, RejectionReason
from schema.ids import global_id
from search.indexer import Indexer
from tests.graph.factory import draft, petitioner, reply

if TYPE_CHECKING:
    from tests.api.conftest import Api

NAME, PHONE, IDENTITY, CARD = "欧阳震华", "13987654321", "11010519491231002X", "4111111111111111"
ADDRESS, EMAIL, ACCOUNT = "桔园小区7栋1204", "someone.odd@mail.example", "user-7741"
WORDS = "紫藤架下的秘密约定"
SECRETS = (NAME, PHONE, IDENTITY, CARD, ADDRESS, EMAIL, ACCOUNT, WORDS)
TEXT = f"我是{NAME}，住{ADDRESS}，电话{PHONE}，证件{IDENTITY}，卡号{CARD}，邮箱{EMAIL}。{WORDS}。"
PERSON = petitioner(NAME, PHONE, identity_number=IDENTITY, address=ADDRESS, account=ACCOUNT, email=EMAIL)
MENTION = {
    "name": NAME, "phone": PHONE, "identityNumber": IDENTITY, "address": ADDRESS, "account": ACCOUNT, "email": EMAIL,
}  # fmt: skip
SUBMIT = """mutation($i: SubmitHotlineTicketInput!) { submitHotlineTicket(input: $i) {
    change errors { code field message } } }"""
REVEAL = "mutation($i: RevealInput!) { reveal(input: $i) { mention { name } text { text } errors { code message } } }"
JOIN = "mutation($i: JoinPartiesInput!) { joinParties(input: $i) { errors { code message } } }"


NOBODY, OTHER = UUID(int=0), UUID(int=1)


class Ear:
    """Keeps whatever may not tell: answers with errors, refusals, metrics; answers that may tell are left out."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.heard: list[str] = []

    def note(self, response: httpx.Response) -> httpx.Response:
        """Keep an answer that is about what went wrong."""
        self.heard.append(response.text)
        return response

    async def wrong(self, query: str, **variables: Any) -> None:
        """Ask what cannot be answered, and keep what is said of it."""
        body = orjson.dumps({"query": query, "variables": variables})
        answer = self.note(
            await self._api.http.post("/graphql", content=body, headers={"content-type": "application/json"})
        ).json()
        errors = [*answer.get("errors", ())]
        errors += [one for said in (answer.get("data") or {}).values() if said for one in said.get("errors", ())]
        assert errors, query


def entered(**changes: Any) -> dict[str, Any]:
    """Return a ticket as a desk enters it."""
    return {"title": f"{NAME}反映", "text": TEXT, "receivedAt": "2026-11-01T10:00:00Z", "mentions": [MENTION]} | changes


async def go_through_every_door(api: Api, ear: Ear) -> None:
    """Bring a person in by each door, rightly and wrongly, and look for them."""
    refusal = Refusal(
        channel=draft().channel, source="hotline", position=f"{PHONE}.csv row 1", reason=RejectionReason.DATE,
        message="No date.", payload=TEXT.encode(),
    )  # fmt: skip
    await api.take_in(draft("1", title=NAME, text=TEXT, mentions=(PERSON,), replies=(reply(TEXT),)), refusal)
    await push(api, ear)
    upload = await api.http.post("/uploads", params={"name": f"{NAME}{PHONE}.txt"}, content=TEXT.encode())
    assert upload.status_code == 201
    ear.note(await api.http.post("/uploads", params={"name": f"{NAME}\n{PHONE}"}, content=TEXT.encode()))
    assert (await api.http.post("/uploads", params={"name": f"{NAME}.pdf"}, content=b"%PDF" + TEXT.encode())).is_success
    await mutate(api, ear, upload.json()["upload"])
    await ask(ear)
    await reveal(api, ear)
    await fault(api, ear)
    await Indexer(pool=api.services.pool, engine=api.services.engine).catch_up()
    ear.note(await api.http.get("/metrics"))
    ear.note(await api.http.get("/readyz"))
    ear.note(await api.http.get(f"/{NAME}/{PHONE}"))
    ear.note(await api.http.get("/sync/changes", params={"after": PHONE, "first": PHONE}))
    ear.note(await api.http.get("/sync/changes", params={"first": "1000"}))


async def push(api: Api, ear: Ear) -> None:
    """Push a record that is good, some that are not, and what is no record at all."""
    good = {"ticket_number": "T1", "received_at": "2026-11-20 10:00:00", "text": TEXT, "name": NAME, "phone": PHONE}
    bodies: list[Any] = [
        [good], [good | {"received_at": f"{PHONE} {NAME}"}], [good | {"phone": [PHONE, {NAME: TEXT}]}],
        [good | {"someone": TEXT}], [good | {"text": f"{TEXT}\0"}], [TEXT], {"people": TEXT},
    ]  # fmt: skip
    for body in bodies:
        answer = await api.http.post("/intake/hotline", params={"channel": "HOTLINE"}, json=body)
        assert answer.status_code in {200, 207}
        ear.note(answer)
    raw = await api.http.post(
        "/intake/hotline", params={"channel": "HOTLINE"}, content=TEXT, headers={"content-type": "application/json"}
    )
    ear.note(raw)
    ear.note(await api.http.post(f"/intake/{PHONE}{NAME}", params={"channel": NAME}, json=[good]))


async def mutate(api: Api, ear: Ear, upload: str) -> None:
    """Enter submissions rightly and wrongly, and decide about people."""
    data = await api.ask(SUBMIT, i=entered(attachments=[upload]))
    assert data["submitHotlineTicket"]["change"] == "NEW"
    await ear.wrong(SUBMIT, i=entered(attachments=[PHONE]))
    await ear.wrong(SUBMIT, i=entered(text=f"{TEXT}\0"))
    await ear.wrong(SUBMIT, i=entered(externalId=TEXT * 20))
    await ear.wrong(SUBMIT, i=entered(receivedAt=f"{NAME}{PHONE}"))
    await ear.wrong(SUBMIT, i=entered(title=int(PHONE)))
    await ear.wrong(SUBMIT, i=entered(mentions=[{"name": {"first": NAME}}]))
    await ear.wrong(SUBMIT, i=entered(mentions=[MENTION | {"phone": int(PHONE)}]))
    await ear.wrong(SUBMIT, i=entered(mentions=[MENTION | {"role": NAME}]))
    await ear.wrong(SUBMIT, i=entered(**{NAME: PHONE}))
    await ear.wrong(SUBMIT, i=TEXT)
    await ear.wrong(JOIN, i={"one": PHONE, "other": NAME, "reason": TEXT})
    nobody = global_id("Mention", NOBODY)
    await ear.wrong(JOIN, i={"one": nobody, "other": global_id("Mention", OTHER), "reason": TEXT})
    await ear.wrong(JOIN, i={"one": nobody, "other": nobody, "reason": TEXT * 100})


async def ask(ear: Ear) -> None:
    """Look for somebody, in words that search, filters and cursors take and do not take."""
    search = "query($q: String!, $a: String) { search(query: $q, after: $a) { totalCount } }"
    await ear.wrong(search, q=f'"{NAME} {PHONE}')
    await ear.wrong(search, q=f"channel:{NAME}")
    await ear.wrong(search, q=f"after:{PHONE}")
    await ear.wrong(search, q=f"{NAME}\0{PHONE}")
    await ear.wrong(search, q=PHONE, a=PHONE)
    await ear.wrong(search, q=int(PHONE))
    await ear.wrong("query($i: ID!) { node(id: $i) { id } }", i=f"{NAME}{PHONE}")
    await ear.wrong("query($c: String) { cases(after: $c) { totalCount } }", c=PHONE)
    await ear.wrong("query($t: DateTime) { cases(filter: {openedAt: {from: $t}}) { totalCount } }", t=f"{NAME}{PHONE}")
    await ear.wrong("query($d: String) { cases(filter: {division: {equals: $d}}) { totalCount } }", d=f"{NAME}{PHONE}")


async def reveal(api: Api, ear: Ear) -> None:
    """Have the person shown, and fail to."""
    mention = await api.services.pool.fetchval("select id from mention order by id limit 1")
    shown = await api.ask(REVEAL, i={"id": global_id("Mention", mention), "reason": f"{NAME}要求更正"})
    assert shown["reveal"]["mention"]["name"] == NAME
    await ear.wrong(REVEAL, i={"id": PHONE, "reason": NAME})
    await ear.wrong(REVEAL, i={"id": global_id("Mention", mention), "reason": TEXT * 50})
    await ear.wrong(REVEAL, i={"id": global_id("Mention", NOBODY), "reason": TEXT})
    await api.services.pool.execute(
        "update mention set sealed = overlay(sealed placing 'x' from 20) where id = $1", mention
    )
    await ear.wrong(REVEAL, i={"id": global_id("Mention", mention), "reason": TEXT})


async def fault(api: Api, ear: Ear) -> None:
    """Let PostgreSQL refuse a row, whose message tells all of the row."""
    await api.services.pool.execute(
        "alter table submission_revision add constraint refused check (title not like '%第二次%') not valid"
    )
    await ear.wrong(SUBMIT, i=entered(title=f"{NAME}第二次", externalId="refused"))
    await api.services.pool.execute("alter table reveal add constraint never check (reason is null) not valid")
    mention = await api.services.pool.fetchval("select id from mention order by id desc limit 1")
    await ear.wrong(REVEAL, i={"id": global_id("Mention", mention), "reason": TEXT})


async def test_nobody_leaves_a_trace(
    api: Api, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """At the level that tells most, with everything that libraries log."""
    # What the tests ask by; the application keeps it still as well.
    caplog.set_level(logging.WARNING, "httpx")
    caplog.set_level(logging.DEBUG)
    ear = Ear(api)
    await go_through_every_door(api, ear)
    logged = caplog.text + "".join(str(record.args) + str(record.exc_info or "") for record in caplog.records)
    kept = await api.services.pool.fetch("select message || position as said from rejection")
    ear.heard += [row["said"] for row in kept]
    output = capfd.readouterr()
    places = {
        "log": logged,
        "output": output.out + output.err,
        **{f"answer {n}": one for n, one in enumerate(ear.heard)},
    }
    leaks = {
        (place, secret): excerpt(text, secret)
        for place, text in places.items()
        for secret in (*SECRETS, *(one.encode("unicode_escape").decode() for one in SECRETS if not one.isascii()))
        if secret in text
    }
    assert leaks == {}
    assert "incident" in logged, "what went wrong is logged all the same"


def excerpt(text: str, secret: str) -> str:
    """Return what stands around a secret."""
    at = text.index(secret)
    return text[max(0, at - 150) : at + 80]
