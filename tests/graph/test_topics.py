"""Topics: every way a source writes one leads to its path, and a name that several topics have to none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine_plus import load_workbook

from graph.topics import Taxonomy, topic_paths

if TYPE_CHECKING:
    from pathlib import Path

TAXONOMY = Taxonomy()
EVERY = st.sampled_from(TAXONOMY.all())


def test_the_taxonomy_has_three_levels_and_fifteen_topics_at_the_top() -> None:
    """The lowest level has 517 topics, each below two others."""
    assert len(TAXONOMY.children()) == 15
    assert len(topic_paths()) == 517
    assert all(path.count("/") == 2 for path in topic_paths())


@given(EVERY, st.sampled_from(["/", " / ", "／", ">", " > ", "-", "—", "\\", "、", "|", "：", "\u3000", ""]))
def test_a_path_resolves_with_any_separator(path: str, separator: str) -> None:
    """Sheets join the levels with what they like, in full width or half."""
    assert TAXONOMY.resolve(path.replace("/", separator)) == path


@given(EVERY)
def test_a_topic_is_among_the_children_of_the_one_above(path: str) -> None:
    """The tree can be walked from the top, and nothing else is in it."""
    above = path.rpartition("/")[0]
    assert path in TAXONOMY.children(above or None)


@given(EVERY)
def test_a_name_resolves_to_a_topic_of_that_name_or_to_none(path: str) -> None:
    """A name is never taken for another topic's."""
    name = path.rpartition("/")[2]
    found = TAXONOMY.resolve(f" {name}\t")
    same = [one for one in TAXONOMY.all() if one.rpartition("/")[2] == name]
    assert found == (same[0] if len(same) == 1 else name if name in TAXONOMY.children() else None)


@pytest.mark.parametrize(
    ("given_topic", "path"),
    [
        ("房产证登记、办理", "城乡建设/住房保障与房地产/房产证登记、办理"),
        ("住房保障与房地产-公房", "城乡建设/住房保障与房地产/公房"),
        ("交通运输", "交通运输"),
        ("城乡建设／其他", "城乡建设/其他"),
        ("其他", None),
        ("没有这个", None),
        ("/", None),
        ("", None),
        (None, None),
    ],
)
def test_known_spellings_resolve(given_topic: str | None, path: str | None) -> None:
    """A whole path goes before an ending; what is in several places or nowhere is none."""
    assert TAXONOMY.resolve(given_topic) == path


def test_another_instance_brings_its_own_topics() -> None:
    """The taxonomy is data; a path that is not there has no children."""
    own = Taxonomy(["环境/噪声/施工噪声"])
    assert own.all() == ("环境", "环境/噪声", "环境/噪声/施工噪声")
    assert own.resolve("施工噪声") == "环境/噪声/施工噪声"
    assert own.children("城乡建设") == ()


@given(st.text(max_size=40))
def test_any_text_is_read(text: str) -> None:
    """What comes back is a topic or none."""
    found = TAXONOMY.resolve(text)
    assert found is None or found in TAXONOMY.all()


def test_the_table_is_the_published_taxonomy(shared_data: Path) -> None:
    """Row by row what the sheet says, so that figures by topic can be compared."""
    rows = load_workbook(shared_data / "topics.xlsx").get_sheet_by_index(0).to_python()[1:]
    assert ["/".join(str(cell).strip() for cell in row) for row in rows] == list(topic_paths())
