"""HTML is read as a reader sees it: its lines, its tables, nothing that is hidden."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.connector import UnreadableError
from connectors.letters import markup
from connectors.letters.markup import text_of, text_of_page
from graph.records import RejectionReason


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>一</p><p>二</p>", "一\n二"),
        ("<div>一<br>二</div><div><br></div><div>三</div>", "一\n二\n\n三"),
        ("<div><div><p>一</p></div></div>二", "一\n二"),
        ("一 \n  二&nbsp;三&#20013;&amp;", "一 二 三中&"),
        (
            "<table><tr><td>姓名</td><td> 张三 </td></tr><tr><td>电话</td><td>138</td></tr></table>",
            "姓名\t张三\n电话\t138",
        ),
        ("<ul><li>一<li>二</ul>", "一\n二"),
        ("<pre>一\n  二\n\n三</pre>四", "一\n二\n\n三\n四"),
        ("<head><title>不</title><style>p{}</style></head><body>是<script>不</script></body>", "是"),
        ("是<span style='display:none'>不</span><b hidden>不</b><i style='font-size:0'>不</i>是", "是是"),
        ("<p style='font-size:0.9em'>是</p><!-- 不 --><?不 ?>", "是"),
        ("<p>一<p>二<b>三<i>四</b>", "一\n二三四"),
        ("没有标签", "没有标签"),
        ("", ""),
        ("<!-- 只有注释 -->", ""),
    ],
)
def test_a_page_is_read_as_it_is_seen(page: str, text: str) -> None:
    """Blocks and breaks are lines, cells are parted by tabs, blanks are one."""
    assert text_of_page(page) == text


def test_a_page_names_its_encoding_itself() -> None:
    """Where the mail does not, or lies."""
    page = '<html><head><meta http-equiv="Content-Type" content="text/html; charset=gb2312"></head><p>烧烤店油烟</p>'
    assert text_of(page.encode("gb18030")) == "烧烤店油烟"
    assert text_of(page.encode(), "gb2312") == "烧烤店油烟"
    big5 = '<meta charset="big5"><p>您好，樓下的燒烤店夜裡還在營業，油煙很大，請派人來看看。</p>'
    assert text_of(big5.encode("big5")).startswith("您好，樓下")


def test_a_page_too_large_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A letter of that many characters is none."""
    monkeypatch.setattr(markup, "LARGEST", 100)
    with pytest.raises(UnreadableError) as caught:
        text_of(b"<p>" + b"a" * 100)
    assert caught.value.reason is RejectionReason.TOO_LARGE


@given(st.text(st.sampled_from("<>/!-pbdivtrscript \"'=&;#一二\n\t"), max_size=200))
def test_any_markup_is_read(page: str) -> None:
    """Whatever is left open, and nothing of it shows as a mark."""
    assert "\f" not in text_of_page(page)
