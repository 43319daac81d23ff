"""Names that lead elsewhere: in addresses, in headers, in what is asked of whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import pytest

from tests.attacks.line import answers, codes_in, refused

if TYPE_CHECKING:
    from tests.api.conftest import Api
    from tests.attacks.line import Line

ELSEWHERE: Final = (
    "../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/pyproject.toml",
    "..;/metrics",
    "....//....//etc/passwd",
    "..\\..\\windows\\win.ini",
    "%252e%252e%252fpyproject.toml",
    "%c0%ae%c0%ae/pyproject.toml",
    "/etc/passwd",
    "//etc/passwd",
    "file:///etc/passwd",
    "page.js%00.png",
    "%00",
    "%0d%0aset-cookie:%20x=y",
    "a" * 5_000,
    "%ff",
    "%",
    "%zz",
    "\u202egpj.exe",
    "..",
    ".",
    "~root",
    "page.js/",
    "page.js/..",
    "C:/x",
    "con",
    "*",
    "?",
    ";",
)


@pytest.mark.parametrize("below", ["/receipts/", "/static/graphiql/", "/session/", "/intake/"])
async def test_no_address_leads_out_of_its_place(line: Line, below: str) -> None:
    """Found nowhere, or refused; never a file of the machine, never another route, never broken."""
    for name in ELSEWHERE:
        raw = quote(name, safe="%/.;\\:~*?")
        for method in ("GET", "POST"):
            found = await line.ask(f"{method} {below}{raw} HTTP/1.1", token=below == "/intake/")
            assert found.status < 500, name
            assert b"root:" not in found.body
            assert b"[project]" not in found.body
            assert b"casegraph_requests" not in found.body
            assert "set-cookie" not in found.headers
            if found.status >= 400:
                assert found.code


async def test_an_upload_s_name_is_a_name(api: Api) -> None:
    """It is kept or refused; it becomes no path and no header."""
    for name in ELSEWHERE:
        for given in (name, name + "\r\nset-cookie: x=y"):
            answer = await api.http.post("/uploads", params={"name": given}, content=b"x")
            assert answer.status_code in {201, 400}
            assert "set-cookie" not in answer.headers
            if answer.status_code == 400:
                assert refused(answer) == (400, "INVALID_VALUE")


SPLITTING: Final = ["x\r\nset-cookie: a=b", "\0", "../x", "a" * 5_000, "\ud7ff"]


async def test_parameters_split_no_answer(api: Api) -> None:
    """Whatever an address carries stays out of headers."""
    for after in SPLITTING:
        for path, name in (("/sync/changes", "after"), ("/session/login", "next"), ("/session/callback", "state")):
            answer = await api.http.get(path, params={name: after})
            assert answer.status_code in {400, 404}
            assert "set-cookie" not in answer.headers or "a=b" not in answer.headers["set-cookie"]
            assert codes_in(answer.json())


@pytest.mark.parametrize(
    "lines",
    [
        ("x-forwarded-host: evil.example", "x-forwarded-proto: https", "x-forwarded-for: 127.0.0.1"),
        ("forwarded: for=127.0.0.1;host=evil.example;proto=https",),
        ("x-original-url: /metrics",),
        ("x-rewrite-url: /metrics",),
        ("x-http-method-override: DELETE",),
    ],
)
async def test_headers_of_proxies_change_nothing(line: Line, lines: tuple[str, ...]) -> None:
    """Neither who we are nor what is asked for; without `CASEGRAPH_PROXY` nobody's word is taken."""
    found = await line.ask("GET /healthz HTTP/1.1", *lines, token=False)
    assert found.status == 200
    assert b"evil.example" not in found.body
    assert (await line.ask("GET /session/login HTTP/1.1", *lines, token=False)).status == 404


@pytest.mark.parametrize("hosts", [("evil.example",), (), ("127.0.0.1", "evil.example"), ("evil.example", "127.0.0.1")])
async def test_one_host_is_asked_for(line: Line, hosts: tuple[str, ...]) -> None:
    """Another, none or two are refused."""
    head = "\r\n".join(["GET /healthz HTTP/1.1", *(f"host: {host}" for host in hosts), "connection: close", "", ""])
    told = answers(await line.say(head.encode()))
    assert [answer.status for answer in told] in ([421], [400])
