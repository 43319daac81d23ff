"""What people do to a graph, by chance: each step is one mutation, with the ids of what it names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from graph.ids import new_id
from schema.ids import global_id
from tests.policy import village

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

    from tests.reference.graph import Graph

ERRORS: Final = "errors { code field message template arguments { name value } }"
CASE: Final = "case { id number title submissionCount }"
SUBMISSION: Final = "submission { id kind title text revisionCount mentions { id name } }"
TABLES: Final = {
    "Case": "case", "Submission": "submission", "Revision": "submission_revision", "Document": "document",
    "Mention": "mention", "Event": "event", "Rejection": "rejection", "SavedSearch": "saved_search",
}  # fmt: skip
"""The table of each type that a step names."""
REVEALABLE: Final = ("Mention", "Submission", "Revision", "Event", "Document")


@dataclass(frozen=True)
class Kind:
    """A mutation: what its input names, by type, and what is asked of its payload."""

    field: str
    ids: Mapping[str, tuple[str, ...]]
    selection: str
    reason: bool = True

    @property
    def input(self) -> str:
        """The name of its input's type."""
        return f"{self.field[0].upper()}{self.field[1:]}Input"


KINDS: Final = (
    Kind("fileSubmission", {"submission": ("Submission",), "case": ("Case",)}, f"{SUBMISSION} {CASE}"),
    Kind("partSubmission", {"submission": ("Submission",)}, f"{SUBMISSION} {CASE}", reason=False),
    Kind("joinCases", {"leading": ("Case",), "other": ("Case",)}, CASE),
    Kind("partCases", {"case": ("Case",)}, CASE, reason=False),
    Kind("joinParties", {"one": ("Mention",), "other": ("Mention",)}, "one { id names } other { id names }"),
    Kind("partParties", {"one": ("Mention",), "other": ("Mention",)}, "one { id } other { id }", reason=False),
    Kind("nameAccused", {"submission": ("Submission",)}, f"{SUBMISSION}"),
    Kind("correctSubmission", {"submission": ("Submission",)}, f"{SUBMISSION}"),
    Kind("reveal", {"id": REVEALABLE}, "mention { name phone identityNumber } text { title text }"),
    Kind("retryRejection", {"rejection": ("Rejection",)}, f"rejection {{ id }} {SUBMISSION}", reason=False),
    Kind("dismissRejection", {"rejection": ("Rejection",)}, "rejection { id state }"),
    Kind("renameSavedSearch", {"id": ("SavedSearch",)}, "savedSearch { id name }", reason=False),
    Kind("deleteSavedSearch", {"id": ("SavedSearch",)}, "id", reason=False),
)
"""Every mutation that names what is there already by an id."""
ENTER: Final = Kind("submitHotlineTicket", {}, f"change receiptCode {SUBMISSION}", reason=False)


@dataclass(frozen=True)
class Step:
    """A mutation and its input."""

    kind: Kind
    given: dict[str, Any]

    def instead(self, others: Mapping[str, str]) -> Step:
        """Return the same with other ids for some."""
        swapped = {name: others.get(value, value) for name, value in self.given.items() if isinstance(value, str)}
        return Step(self.kind, self.given | swapped)


def document(steps: Sequence[Step]) -> tuple[str, dict[str, Any]]:
    """Return steps as one document, which does one after the other, and its variables."""
    declared = ", ".join(f"$i{at}: {step.kind.input}!" for at, step in enumerate(steps))
    fields = [
        f"s{at}: {step.kind.field}(input: $i{at}) {{ {step.kind.selection} {ERRORS} }}" for at, step in enumerate(steps)
    ]
    return f"mutation({declared}) {{ {' '.join(fields)} }}", {f"i{at}": step.given for at, step in enumerate(steps)}


def ids(graph: Graph, kinds: Sequence[str]) -> list[str]:
    """Return the ids of all of some types."""
    return [global_id(kind, row["id"]) for kind in kinds for row in graph[TABLES[kind]]]


def step(random: Random, kind: Kind, named: Mapping[str, str]) -> Step:
    """Return a step of a kind that names these."""
    given: dict[str, Any] = dict(named)
    if kind.reason:
        given["reason"] = "同一事项"
    if kind.field == "nameAccused":
        given["organs"] = random.sample(list(village.organ_ids()), random.choice((0, 1, 2)))
    if kind.field == "correctSubmission":
        given |= corrected(random)
    if kind.field == "renameSavedSearch":
        given["name"] = "另一个"
    return Step(kind, given)


def corrected(random: Random) -> dict[str, Any]:
    """Return what is set of a submission by chance, or taken back, most often one thing alone."""
    choices: dict[str, list[Any]] = {
        "kind": ["APPEAL", "SUGGESTION", "ACCUSATION"], "topic": ["城乡建设", "教育文体"],
        "division": ["430104", "430105", "4301", "440100"], "organ": list(village.organ_ids()),
    }  # fmt: skip
    names = random.sample(list(choices), random.choice((1, 1, 2, 4)))
    if random.random() < 0.3:
        return {"takeBack": [name.upper() for name in names]}
    return {name: random.choice(choices[name]) for name in names}


def wanted(random: Random, kind: Kind, graph: Graph) -> Step | None:
    """Return a step that names what is in a graph, None where there is nothing to be named."""
    if kind.field == "partParties":
        return _parted(random, kind, graph)
    choices = {name: ids(graph, kinds) for name, kinds in kind.ids.items()}
    if not all(choices.values()):
        return None
    return step(random, kind, {name: random.choice(found) for name, found in choices.items()})


def _parted(random: Random, kind: Kind, graph: Graph) -> Step | None:
    """Return a step that parts two who are taken for one: hardly any two drawn by chance are."""
    tied = [row for row in graph["same_party"] if row["state"] == "ACCEPTED"]
    if not tied:
        return None
    row = random.choice(tied)
    return step(random, kind, {"one": global_id("Mention", row["low"]), "other": global_id("Mention", row["high"])})


def entered(random: Random, external_id: str, **changes: Any) -> Step:
    """Return a ticket as a desk enters it: an appeal or an accusation, of whomever, handled wherever."""
    names = list(village.organ_ids())
    mentions: list[dict[str, Any]] = [{"name": village.WITNESS.name, "phone": village.WITNESS.phone}]
    if random.random() < 0.6:
        mentions.append({"role": "RESPONDENT", "kind": "ORGANISATION", "name": random.choice(names)})
    given = {
        "title": f"路灯{external_id}", "text": random.choice(("路灯不亮，请求查处。", "主任收受回扣，请求查处。")) * 3,
        "receivedAt": "2026-11-20T09:30:00+08:00", "source": "hotline", "externalId": external_id,
        "kind": random.choice(("APPEAL", "ACCUSATION")), "organ": random.choice((*names, None)),
        "division": random.choice(("430104", "430105", "4301", None)), "mentions": mentions,
    }  # fmt: skip
    return Step(ENTER, given | changes)


def nobodys(graph: Graph) -> dict[str, str]:
    """Return for each id of a graph one of the same type that nothing has."""
    return {global_id(kind, row["id"]): global_id(kind, new_id()) for kind in TABLES for row in graph[TABLES[kind]]}


def hidden_steps(random: Random, whole: Graph, left: Graph, count: int) -> list[Step]:
    """Return steps of each kind that can name something hidden, beside what may be seen or not."""
    kinds = [(kind, name) for kind in KINDS for name in kind.ids if _hidden(whole, left, kind.ids[name])]
    random.shuffle(kinds)
    made = []
    for at in range(count):
        kind, secret = kinds[at % len(kinds)]
        named = {name: random.choice(ids(whole, kind.ids[name])) for name in kind.ids}
        made.append(step(random, kind, named | {secret: random.choice(_hidden(whole, left, kind.ids[secret]))}))
    return made


def _hidden(whole: Graph, left: Graph, kinds: Sequence[str]) -> list[str]:
    return sorted(set(ids(whole, kinds)) - set(ids(left, kinds)))


def fresh() -> str:
    """Return an external id that nothing has."""
    return f"new-{uuid4().hex}"
