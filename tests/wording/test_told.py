"""Whoever asks is answered in their language, at every door: GraphQL, the other routes, the page and commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.api.conftest import Api, api
from tests.run.processes import Home

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["api"]

CHINESE: Final = {"accept-language": "zh-CN,zh;q=0.9,en;q=0.5"}
SAME: Final = """mutation { joinParties(input: {one: "%s", other: "%s", reason: "x"}) {
    errors { code message template arguments { name value } } } }"""


async def asked(api: Api, document: str, headers: dict[str, str]) -> dict[str, Any]:
    """Return a whole answer, with the language that it says it is in."""
    answer = await api.http.post("/graphql", json={"query": document}, headers=headers)
    return {"language": answer.headers["content-language"], "vary": answer.headers["vary"], **answer.json()}


async def test_errors_are_told_in_the_language_that_is_asked_for(api: Api) -> None:
    """With the template and its arguments, by which a front end can say it in words of its own."""
    document = "{ cases(first: -1) { totalCount } }"
    [chinese] = (told := await asked(api, document, CHINESE))["errors"]
    [english] = (await asked(api, document, {}))["errors"]
    assert (told["language"], "accept-language" in told["vary"].lower()) == ("zh", True)
    assert chinese["message"] == "每页的数量不能为负数。"
    assert english["message"] == "A page's size cannot be negative."
    assert chinese["extensions"]["template"] == english["extensions"]["template"] == english["message"]
    [large] = (await asked(api, "{ cases(first: 1000000) { totalCount } }", CHINESE))["errors"]
    assert large["extensions"]["arguments"]["size"] == 1_000_000
    assert large["message"].startswith("每页最多")


async def test_what_keeps_a_mutation_from_being_done_is_told_so_as_well(api: Api) -> None:
    """Each error of the payload, with its arguments by name."""
    document = """mutation { submitWebMessage(input: {title: " ", text: "x", receivedAt: "2026-11-20T09:30:00+08:00"}) {
        errors { field message template arguments { name value } } } }"""
    [error] = (await asked(api, document, CHINESE))["data"]["submitWebMessage"]["errors"]
    assert error == {
        "field": ["title"], "message": "内容空白。请录入信访人所述。", "arguments": [],
        "template": "This is blank. Enter what the petitioner says.",
    }  # fmt: skip


async def test_other_routes_and_refusals_at_the_gate_speak_it_too(api: Api) -> None:
    """The receipt's page, and whoever is not let in."""
    unknown = await api.http.get("/receipts/ABCDEFGHJKLMN", headers=CHINESE)
    assert unknown.json()["errors"][0]["message"] == "没有这个查询码。请再核对一遍。"
    wrong = await api.http.post("/graphql", json={"query": "{ __typename }"}, headers=CHINESE | {"authorization": "x"})
    assert wrong.json()["errors"][0]["message"] == "请求头 `Authorization` 必须是 `Bearer ` 加令牌或 API 密钥。"


async def test_so_does_what_became_of_a_push(api: Api) -> None:
    """Of each record that was not taken in."""
    answer = await api.http.post("/intake/hotline", params={"channel": "HOTLINE"}, json=[{}], headers=CHINESE)
    assert answer.json()["outcomes"][0]["message"] == "记录为空。请发送其正文和时间。"


async def test_the_page_speaks_it(api: Api) -> None:
    """Its own words come with it, and it says which language it is in."""
    page = await api.http.get("/graphql", headers=CHINESE | {"accept": "text/html"})
    assert '<html lang="zh">' in page.text
    assert '"signOut": "退出"' in page.text


@pytest.mark.parametrize(("language", "line"), [("zh", "没有被拒收的记录。\n"), ("en", "Nothing is rejected.\n")])
def test_commands_speak_the_language_that_is_set(database_url: str, tmp_path: Path, language: str, line: str) -> None:
    """What they tell, and what is wrong."""
    home = Home(tmp_path / "data", database_url=database_url, language=language)
    assert home.run("rejections", "list").stdout == line
    (tmp_path / "来信.txt").write_bytes(b"")
    assert ("文件为空。请重新复制。" in home.run("ingest", "letter", str(tmp_path / "来信.txt")).stdout) == (
        language == "zh"
    )
    wrong = home.run("rejections", "retry", "x")
    assert ("拒收记录的编号形如" in wrong.stderr) == (language == "zh")
