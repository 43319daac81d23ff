"""Trusted documents: with a folder of them only those are answered, whoever asks for something else.

Read as front ends' tools write them: a `.graphql` file a document, known by the SHA-256 of its text; or a `.json` map
of ids to texts (Relay's compiler, graphql-codegen), or Apollo's manifest of operations.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import orjson

from schema.errors import RequestError
from wording import WordedError, Wording

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

PREFIX = "sha256:"


class DocumentsError(WordedError):
    """The folder of trusted documents cannot be used. The message says what is wrong with which file."""


class Trusted:
    """The documents that are answered, by their ids; without any folder, all are."""

    def __init__(self, documents: Mapping[str, str] | None = None) -> None:
        self._only = documents is not None
        self._documents = dict(documents or {})
        self._texts = frozenset(self._documents.values())

    def text(self, query: str | None, document_id: str | None) -> str:
        """Return the text to answer; raise RequestError for an id that nothing has, or a text that is not trusted."""
        if document_id is not None:
            found = self._documents.get(document_id) or self._documents.get(document_id.removeprefix(PREFIX))
            if found is None:
                message = Wording("No document has this id. Send the text in `query`, or have the document trusted.")
                raise RequestError("PERSISTED_QUERY_NOT_FOUND", message)
            return found
        if query is None:
            raise RequestError("BAD_REQUEST", Wording("`query` must be a document in GraphQL."))
        if self._only and query not in self._texts and digest(query) not in self._documents:
            raise RequestError(
                "UNTRUSTED_DOCUMENT", Wording("Only trusted documents are answered here, and this is none.")
            )
        return query


def digest(text: str) -> str:
    """Return the id of a document without one: the SHA-256 of its text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def load(folder: Path) -> Trusted:
    """Read a folder of documents; raise DocumentsError where one cannot be read or two have one id."""
    if not folder.is_dir():
        raise DocumentsError(Wording("{folder} is no folder. Name one with CASEGRAPH_DOCUMENTS.", folder=folder))
    documents: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        for key, text in _documents_of(path):
            if documents.setdefault(key, text) != text:
                raise DocumentsError(Wording("{path}: another document has the id {key}.", path=path, key=key))
    return Trusted(documents)


def _documents_of(path: Path) -> Iterator[tuple[str, str]]:
    if path.suffix in {".graphql", ".gql"}:
        text = path.read_text(encoding="utf-8")
        yield digest(text), text
        # Tools hash the text as they send it, which has no line break at its end.
        yield digest(text.strip()), text.strip()
    elif path.suffix == ".json":
        yield from _listed(path)


def _listed(path: Path) -> Iterator[tuple[str, str]]:
    try:
        found = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError:
        raise DocumentsError(Wording("{path} is not JSON.", path=path)) from None
    pairs: Any = found
    if isinstance(found, dict) and isinstance(found.get("operations"), list):
        pairs = {one.get("id"): one.get("body") for one in found["operations"] if isinstance(one, dict)}
    if not isinstance(pairs, dict) or not all(isinstance(one, str) for pair in pairs.items() for one in pair):
        raise DocumentsError(
            Wording("{path} is neither a map of ids to documents nor a manifest of operations.", path=path)
        )
    yield from pairs.items()
