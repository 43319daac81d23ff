"""The one who talks to Elasticsearch: with time limits, a circuit, and errors in our own words.

What Elasticsearch says of a request may repeat what was asked for, which may name somebody: so none of its messages is
passed on, only a status and a kind.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from elasticsearch import ApiError, AsyncElasticsearch, TransportError

from search.circuit import Circuit
from search.engine import SearchAwayError, SearchUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ASKING: Final = 10.0
"""Seconds that an answer may take: as long as a statement of the API."""
WRITING: Final = 120.0
"""Seconds that a batch may take."""
RETRIES: Final = 1
"""Tries after the first where a connection breaks: one kept open may have been closed meanwhile."""
AWAY: Final = frozenset({502, 503, 504})
SHARDS_AWAY: Final = frozenset({"search_phase_execution_exception", "no_shard_available_action_exception"})
"""What the cluster answers where it is there and an index is not, or not whole."""
AWAY_SAYS: Final = (
    "The search engine is away: nothing can be searched now, all else goes on. Look whether Elasticsearch runs, and at"
    " CASEGRAPH_ELASTICSEARCH_URL; what comes in meanwhile is indexed once it is back."
)
SHARDS_SAY: Final = (
    "The search index is not whole: nothing can be searched now, all else goes on. Look whether all machines of"
    " Elasticsearch run; where one is lost for good, run `reindex`."
)
BUSY_SAYS: Final = (
    "The search engine has too much to do. Try again in a moment; where it stays so, give it more machines."
)
REFUSED_SAYS: Final = "Elasticsearch refuses the user, the password or a right of CASEGRAPH_ELASTICSEARCH_URL. Mend it."


class NoIndexError(SearchUnavailableError):
    """There is no search index. Start `work` or `serve`, or run `reindex`."""


class ShardsAwayError(SearchAwayError):
    """The search index is not whole: a machine of the cluster is away, or the index was removed just now."""


class TooLargeError(SearchUnavailableError):
    """Elasticsearch takes no request of this size. Raise its `http.max_content_length`."""


class ConflictError(SearchUnavailableError):
    """Something newer stands there already."""


class Link:
    """A way to a cluster, of one process."""

    def __init__(self, address: str, authority: Path | None = None, patience: float = ASKING) -> None:
        """Take `address`, one URL or several with commas between; `authority` signs the servers' certificates."""
        self.circuit = Circuit()
        self._patience = patience
        parts = [urlsplit(one.strip()) for one in address.split(",")]
        user, password = parts[0].username, parts[0].password
        hosts = [f"{one.scheme}://{one.netloc.rpartition('@')[2]}{one.path}" for one in parts]
        given: dict[str, Any] = {}
        if user is not None:
            given["basic_auth"] = (unquote(user), unquote(password or ""))
        if authority is not None:
            given["ca_certs"] = str(authority)
        self._client = AsyncElasticsearch(
            hosts, max_retries=max(RETRIES, len(hosts) - 1), retry_on_status=(), retry_on_timeout=False, **given
        )

    @contextmanager
    def asking(self, patience: float | None = None) -> Iterator[AsyncElasticsearch]:
        """Give what requests are made by. Raises SearchUnavailableError of the kind that fits what went wrong."""
        if not self.circuit.lets_pass():
            raise SearchAwayError(AWAY_SAYS)
        try:
            yield self._client.options(request_timeout=patience or self._patience)
        except ApiError as error:
            refused = refusal(error.status_code, error.body)
            away = error.status_code in AWAY and not isinstance(refused, ShardsAwayError)
            (self.circuit.failed if away else self.circuit.succeeded)()
            raise refused from None
        except TransportError:
            self.circuit.failed()
            raise SearchAwayError(AWAY_SAYS) from None
        self.circuit.succeeded()

    async def close(self) -> None:
        """Let go of its connections."""
        await self._client.close()


def refusal(status: int, body: object) -> SearchUnavailableError:
    """Return what is told of a request that was not carried out. Pure."""
    if status in AWAY:
        return ShardsAwayError(SHARDS_SAY) if kind(body) in SHARDS_AWAY else SearchAwayError(AWAY_SAYS)
    known: dict[int, SearchUnavailableError] = {
        401: SearchUnavailableError(REFUSED_SAYS),
        403: SearchUnavailableError(REFUSED_SAYS),
        404: NoIndexError(str(NoIndexError.__doc__)),
        409: ConflictError(str(ConflictError.__doc__)),
        413: TooLargeError(str(TooLargeError.__doc__)),
        429: SearchAwayError(BUSY_SAYS),
    }
    return known.get(status) or SearchUnavailableError(
        f"Elasticsearch refuses a request ({status} {kind(body)}). Its log says why; `reindex` may mend it."
    )


def kind(body: object) -> str:
    """Return the kind of error that an answer names, without its words."""
    error = body.get("error") if isinstance(body, dict) else None
    return str(error.get("type", "error")) if isinstance(error, dict) else "error"
