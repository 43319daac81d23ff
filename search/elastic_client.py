"""The one who talks to Elasticsearch: with time limits, a circuit, and errors in our own words.

What Elasticsearch says of a request may repeat what was asked for, which may name somebody: so none of its messages is
passed on, only a status and a kind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import unquote, urlsplit

from elasticsearch import ApiError, AsyncElasticsearch, ConnectionTimeout, TransportError

from search.circuit import Circuit
from search.engine import SearchAwayError, SearchUnavailableError
from search.machines import Machines, NobodyAnswersError
from wording import Wording

if TYPE_CHECKING:
    from pathlib import Path

Client = AsyncElasticsearch
Answer = TypeVar("Answer")
Request = Callable[[Client, str | None], Awaitable[Answer]]
"""Makes a request by a client. What reads a copy of the index takes one where the second says (`preference`)."""

ASKING: Final = 5.0
"""Seconds that an answer may take, where no setting says otherwise."""
WRITING: Final = 120.0
"""Seconds that a batch may take."""
HANGING: Final = 1.0
"""Seconds after which it is looked who hangs, while the answer is waited for."""
ANSWERING: Final = 2.0
"""Seconds in which a machine tells its id: one that collects garbage for longer is no use, either."""
RETRIES: Final = 1
"""Tries after the first where a connection breaks: one kept open may have been closed meanwhile."""
AWAY: Final = frozenset({502, 503, 504})
SHARDS_AWAY: Final = frozenset({"search_phase_execution_exception", "no_shard_available_action_exception"})
"""What the cluster answers where it is there and an index is not, or not whole."""
AWAY_SAYS: Final = Wording(
    "The search engine is away: nothing can be searched now, all else goes on. Look whether "
    "Elasticsearch runs and answers, and at CASEGRAPH_ELASTICSEARCH_URL; what comes in meanwhile "
    "is indexed once it is back."
)
SHARDS_SAY: Final = Wording(
    "The search index is not whole: nothing can be searched now, all else goes on. Look whether "
    "all machines of Elasticsearch run; where one is lost for good, run `reindex`."
)
NO_INDEX_SAYS: Final = Wording("There is no search index. Start `work` or `serve`, or run `reindex`.")
BUSY_SAYS: Final = Wording(
    "The search engine has too much to do. Try again in a moment; where it stays so, give it more machines."
)
BLOCKED: Final = "cluster_block_exception"
"""What the cluster answers where writing an index is blocked: by itself where a disk is nearly full, or by somebody."""
BLOCKED_SAYS: Final = Wording(
    "Elasticsearch lets nothing be written to the search index: searches go on and miss what is "
    "new. Its disk is nearly full (the flood stage), or somebody blocked the index. Make room "
    "there: it lifts the block by itself then, and indexing goes on. Where there is room, set "
    "its `index.blocks.read_only_allow_delete` and `index.blocks.write` to null."
)
REFUSED_SAYS: Final = Wording(
    "Elasticsearch refuses the user, the password or a right of CASEGRAPH_ELASTICSEARCH_URL. Mend it."
)


class NoIndexError(SearchUnavailableError):
    """There is no search index. Start `work` or `serve`, or run `reindex`."""


class ShardsAwayError(SearchAwayError):
    """The search index is not whole: a machine of the cluster is away, or the index was removed just now."""


class BlockedError(SearchAwayError):
    """Elasticsearch lets nothing be written to the search index. Make room on its disk, or lift the block."""


class TooLargeError(SearchUnavailableError):
    """Elasticsearch takes no request of this size. Raise its `http.max_content_length`."""


class ConflictError(SearchUnavailableError):
    """Something newer stands there already."""


class Machine:
    """One machine of a cluster."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.id: str | None = None
        """Known once it has told it."""

    async def answers(self) -> bool:
        """Tell whether it tells its id, which it knows without any other. A refusal is an answer, too."""
        client = self.client.options(request_timeout=ANSWERING)
        try:
            told = await client.nodes.info(node_id="_local", filter_path="nodes.*.name")
        except ApiError:
            return True
        except TransportError:
            return False
        self.id = next(iter(told.get("nodes", {})), None)
        return True


class Link:
    """A way to a cluster, of one process."""

    def __init__(self, address: str, authority: Path | None = None, patience: float = ASKING) -> None:
        """Take `address`, one URL or several with commas between; `authority` signs the servers' certificates."""
        self.circuit = Circuit()
        self._patience = patience
        parts = [urlsplit(one.strip()) for one in address.split(",")]
        user, password = parts[0].username, parts[0].password
        hosts = dict.fromkeys(f"{one.scheme}://{one.netloc.rpartition('@')[2]}{one.path}" for one in parts)
        given: dict[str, Any] = {"max_retries": RETRIES, "retry_on_status": (), "retry_on_timeout": False}
        if user is not None:
            given["basic_auth"] = (unquote(user), unquote(password or ""))
        if authority is not None:
            given["ca_certs"] = str(authority)
        self._named = [Machine(AsyncElasticsearch(host, **given)) for host in hosts]
        self._machines = Machines(self._named)

    @property
    def refuses(self) -> bool:
        """Whether requests are refused at once, since nobody answered."""
        return self.circuit.is_open or not self._machines.answering

    async def look(self) -> int:
        """Find out which machines answer, and return how many do not."""
        await asyncio.wait({self._machines.look()})
        return len(self._machines.aside)

    async def ask(self, request: Request[Answer], patience: float | None = None, *, twice: bool = True) -> Answer:
        """Return what is answered, by another machine where one hangs. With `twice`, a request may be made twice.

        Raises SearchUnavailableError of the kind that fits what went wrong.
        """
        if not self.circuit.lets_pass():
            raise SearchAwayError(AWAY_SAYS)
        limit = patience or self._patience
        try:
            answer = await self._somewhere(request, limit, twice=twice)
        except ApiError as error:
            refused = refusal(error.status_code, error.body)
            away = error.status_code in AWAY and not isinstance(refused, ShardsAwayError)
            (self.circuit.failed if away else self.circuit.succeeded)()
            raise refused from None
        except (TransportError, NobodyAnswersError) as error:
            self.circuit.failed()
            slow = isinstance(error, ConnectionTimeout) and not self._machines.aside
            raise SearchAwayError(_slow(limit) if slow else AWAY_SAYS) from None
        self.circuit.succeeded()
        return answer

    async def _somewhere(self, request: Request[Answer], patience: float, *, twice: bool) -> Answer:
        machine = await self._machines.pick()
        try:
            return await self._patiently(machine, request, patience, twice=twice)
        except TransportError as error:
            hangs = machine in self._machines.aside or bool(await self.look())
            if not twice or (isinstance(error, ConnectionTimeout) and not hangs):
                raise
        return await self._patiently(await self._machines.pick(machine), request, patience, twice=False)

    async def _patiently(self, machine: Machine, request: Request[Answer], patience: float, *, twice: bool) -> Answer:
        """Wait for an answer, and look after a moment who hangs. Raises ConnectionTimeout as soon as it is in vain."""
        aside = self._machines.aside
        asked = request(machine.client.options(request_timeout=patience), self._near())
        asking = asyncio.ensure_future(asked)
        try:
            # Where one is named alone, no other could be asked: it is waited for.
            done, _ = await asyncio.wait({asking}, timeout=HANGING if len(self._named) > 1 else None)
            if not done:
                await asyncio.wait({asking, self._machines.look()}, return_when=asyncio.FIRST_COMPLETED)
                if not asking.done() and self._is_in_vain(machine, aside, twice=twice):
                    raise ConnectionTimeout(Wording("Another can be asked."))
            return await asking
        finally:
            asking.cancel()

    def _near(self) -> str | None:
        """Return what has a search use the copies on machines that answer, None where all do."""
        ids = [one.id for one in self._machines.answering if one.id] if self._machines.aside else []
        return f"_prefer_nodes:{','.join(ids)}" if ids else None

    def _is_in_vain(self, machine: Machine, before: frozenset[Machine], *, twice: bool) -> bool:
        """Tell whether another should be asked: this one hangs, or perhaps waits for one that does since."""
        now = self._machines.aside
        return bool(self._machines.answering) and (machine in now or (twice and not now <= before))

    async def close(self) -> None:
        """Let go of its connections."""
        await self._machines.close()
        for one in self._named:
            await one.client.close()


def _slow(seconds: float) -> Wording:
    return Wording(
        "The search engine took longer than {seconds:g} s (CASEGRAPH_ELASTICSEARCH_TIMEOUT). Try again in a moment;"
        " where it stays so, give it more machines.",
        seconds=seconds,
    )


def refusal(status: int, body: object) -> SearchUnavailableError:
    """Return what is told of a request that was not carried out. Pure."""
    if status in AWAY:
        return ShardsAwayError(SHARDS_SAY) if kind(body) in SHARDS_AWAY else SearchAwayError(AWAY_SAYS)
    if is_blocked(status, kind(body)):
        return BlockedError(BLOCKED_SAYS)
    known: dict[int, SearchUnavailableError] = {
        401: SearchUnavailableError(REFUSED_SAYS),
        403: SearchUnavailableError(REFUSED_SAYS),
        404: NoIndexError(NO_INDEX_SAYS),
        409: ConflictError(Wording("Something newer stands there already.")),
        413: TooLargeError(
            Wording("Elasticsearch takes no request of this size. Raise its `http.max_content_length`.")
        ),
        429: SearchAwayError(BUSY_SAYS),
    }
    return known.get(status) or SearchUnavailableError(
        Wording(
            "Elasticsearch refuses a request ({status} {kind}). Its log says why; `reindex` may mend it.",
            status=status,
            kind=kind(body),
        )
    )


def is_blocked(status: int, error: str | None) -> bool:
    """Tell whether writing is blocked; a cluster that has no master says so by the same kind, and is away. Pure."""
    return error == BLOCKED and status not in AWAY


def kind(body: object) -> str:
    """Return the kind of error that an answer names, without its words."""
    error = body.get("error") if isinstance(body, dict) else None
    return str(error.get("type", "error")) if isinstance(error, dict) else "error"
