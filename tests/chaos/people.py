"""Who writes and reads meanwhile: partners that send until they are answered, investigators who look for what was."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import httpx

from search.standing import FRESH
from tests.viewers import headers_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
WORD: Final = "烧烤店油烟扰民"
PATIENCE: Final = 15.0
QUERY: Final = """query($words: String!) { search(query: $words, first: 5) {
    totalCount index { complete share missing } edges { node { externalId } } } }"""
CHANNEL: Final = "channel=HOTLINE"


def code_of(number: int) -> str:
    """Return a word that stands in one text alone."""
    word = ""
    for _ in range(4):
        number, letter = divmod(number, len(LETTERS))
        word += LETTERS[letter]
    return f"xq{word}"


@dataclass
class Account:
    """What was acknowledged, and what was seen."""

    acknowledged: dict[int, float] = field(default_factory=dict)
    """When each record was answered for."""
    sent: set[int] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, what: str) -> None:
        """Count something."""
        with self.lock:
            self.counts[what] += 1

    def violated(self, what: str) -> None:
        """Note what must not be."""
        with self.lock:
            self.violations.append(what)


def push(client: httpx.Client, address: str, number: int, name: str) -> bool:
    """Send a record; tell whether it was answered for."""
    record = {
        "工单编号": name,
        "来电时间": "2026-11-20 09:00:00",
        "诉求内容": f"{WORD}，编号{code_of(number)}。",
    }
    answer = client.post(f"{address}/intake/centre?{CHANNEL}", json=[record], headers=headers_of(), timeout=PATIENCE)
    return answer.status_code == httpx.codes.OK


def write(account: Account, addresses: Sequence[str], ended: threading.Event, first: int, step: int, seed: int) -> None:
    """Send one record after the other, each until it is answered for; now and then one once more."""
    chance = random.Random(seed)  # noqa: S311 - what is sent comes again by the seed
    number = first
    with httpx.Client() as client:
        while not ended.is_set():
            account.sent.add(number)
            if _sent(account, client, addresses, ended, number, chance):
                with account.lock:
                    account.acknowledged[number] = time.monotonic()
                account.count("acknowledged")
                if chance.random() < 0.1:
                    _sent(account, client, addresses, ended, number, chance)
                    account.count("sent twice")
                number += step
            ended.wait(0.02)


def _sent(
    account: Account, client: httpx.Client, addresses: Sequence[str], ended: threading.Event, number: int,
    chance: random.Random,
) -> bool:  # fmt: skip
    while not ended.is_set():
        try:
            if push(client, chance.choice(addresses), number, f"r{number}"):
                return True
            account.count("writes refused")
        except (httpx.HTTPError, ValueError):
            account.count("writes unanswered")
        ended.wait(0.1)
    return False


def read(account: Account, addresses: Sequence[str], ended: threading.Event, seed: int) -> None:
    """Look for what was acknowledged: an answer that is called whole must have it."""
    chance = random.Random(seed)  # noqa: S311
    with httpx.Client() as client:
        while not ended.is_set():
            began = time.monotonic()
            with account.lock:
                old = [number for number, at in account.acknowledged.items() if at < began - FRESH]
            if old:
                _look(account, client, chance.choice(addresses), chance.choice(old))
            ended.wait(0.05)


def _look(account: Account, client: httpx.Client, address: str, number: int) -> None:
    given = {"query": QUERY, "variables": {"words": code_of(number)}}
    try:
        answer = client.post(f"{address}/graphql", json=given, headers=headers_of(), timeout=PATIENCE).json()
    except (httpx.HTTPError, ValueError):
        account.count("reads unanswered")
        return
    if answer.get("errors"):
        code = answer["errors"][0].get("extensions", {}).get("code", "none")
        account.count(f"reads {code}")
        if code == "INTERNAL":
            account.violated(f"INTERNAL for {number}")
        return
    found = answer["data"]["search"]
    names = [edge["node"]["externalId"] for edge in found["edges"]]
    whole = found["index"]["complete"]
    account.count("reads called whole" if whole else "reads called incomplete")
    if whole and f"r{number}" not in names:
        account.violated(f"r{number} is not found in an answer that is called whole: {found}")


def started(target: Callable[..., None], *arguments: Any) -> threading.Thread:
    """Start somebody."""
    thread = threading.Thread(target=target, args=arguments)
    thread.start()
    return thread
