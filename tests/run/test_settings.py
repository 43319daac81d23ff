"""Settings: documented, checked, and never told where they are secret."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from casegraph.client_limits import ClientLimits
from casegraph.settings import Settings, SettingsError, name_of

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "settings.md"
SECRET = "ab" * 32


def test_every_setting_is_documented_as_it_is() -> None:
    """Each field has its line, with its default and what it is, and there is no line without a field."""
    lines = [line for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if line.startswith("| `CASEGRAPH_")]
    wanted = [f"| `{name_of(one)}` | {one.metadata['shown']} | {one.metadata['says']} |" for one in fields(Settings)]
    assert lines == wanted


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("CASEGRAPH_ALLOWED_ORIGINS", "*", "origins of pages"),
        ("CASEGRAPH_PORT", "http", "whole number from 0 to 65535"),
        ("CASEGRAPH_PORT", "70000", "whole number from 0 to 65535"),
        ("CASEGRAPH_HOST", "0.0.0.0", "CASEGRAPH_OIDC_ISSUER"),  # noqa: S104  # the point of the test
        ("CASEGRAPH_TIMEZONE", "Asia/Nowhere", "Asia/Shanghai"),
        ("CASEGRAPH_DATABASE_URL", "mysql://x", "postgresql://"),
        ("CASEGRAPH_DATABASE_URL", "postgresql://u:p@h:http/d", "a port from 1 to 65535"),
        ("CASEGRAPH_DATABASE_URL", "postgresql://u:p@h1:5432,[::1]:0/d", "a port from 1 to 65535"),
        ("CASEGRAPH_ELASTICSEARCH_URL", "es.example:9200", "https://user:password@host:9200"),
        ("CASEGRAPH_ELASTICSEARCH_URL", "https://es.example", "https://user:password@host:9200"),
        ("CASEGRAPH_ELASTICSEARCH_URL", "http://u:p@es.example:9200", "http:// on loopback alone"),
        ("CASEGRAPH_ELASTICSEARCH_URL", "https://u:p@a:9200,https://b:9200", "the same user"),
        ("CASEGRAPH_ELASTICSEARCH_PREFIX", "Case_graph", "small letters"),
        ("CASEGRAPH_ELASTICSEARCH_SHARDS", "0", "from 1 to 100"),
        ("CASEGRAPH_MASTER_KEY", "abcd", "32 bytes"),
        ("CASEGRAPH_HOME_DIVISION", "长沙", "GB/T 2260"),
        ("CASEGRAPH_HOME_DIVISION", "439999", "a division that there is"),
        ("CASEGRAPH_SOURCE_DIVISIONS", "hotline", "hotline=430100"),
        ("CASEGRAPH_SOURCE_DIVISIONS", "hotline=长沙", "hotline"),
        ("CASEGRAPH_SOURCE_DIVISIONS", "热线=4301", "hotline=430100"),
        ("CASEGRAPH_SOURCE_DIVISIONS", "hotline=43,hotline=4301", "each source once"),
        ("CASEGRAPH_STRICT_SOURCES", "hotline,热线", "names of sources"),
        ("CASEGRAPH_BATCH_SIZE", "1000", "from 1 to 300"),
        ("CASEGRAPH_LOG_LEVEL", "LOUD", "one of DEBUG"),
        ("CASEGRAPH_HEAD_SECONDS", "0", "seconds from 0.01 to 3600"),
        ("CASEGRAPH_HEAD_SECONDS", "1e3", "seconds from 0.01 to 3600"),
        ("CASEGRAPH_HEAD_SECONDS", "3600.1", "seconds from 0.01 to 3600"),
        ("CASEGRAPH_SOCKETS_PER_VIEWER", "0", "whole number from 1"),
        ("CASEGRAPH_PROT", "8001", "Did you mean CASEGRAPH_PORT"),
        ("CASEGRAPH_COLOUR", "red", "docs/settings.md"),
    ],
)
def test_what_cannot_be_used_is_said_with_its_name(name: str, text: str, says: str) -> None:
    """The error names the variable and what it may be."""
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({name: text})
    assert name in str(caught.value)
    assert says in str(caught.value)


def test_every_limit_of_clients_is_a_setting() -> None:
    """Read by its name, and given as it is to processes that are started."""
    limits = {one.name: "0.25" if one.name.endswith("seconds") else "3" for one in fields(ClientLimits)}
    settings = Settings.from_environment({f"CASEGRAPH_{name.upper()}": text for name, text in limits.items()})
    assert settings.client_limits == ClientLimits(**{name: float(text) for name, text in limits.items()})  # type: ignore[arg-type]
    assert Settings.from_environment(settings.environment()).client_limits == settings.client_limits
    assert Settings().client_limits == ClientLimits()


def test_homes_of_sources_are_read_and_given_on() -> None:
    """Blanks do not matter, and a process that is started has the same."""
    settings = Settings.from_environment({"CASEGRAPH_SOURCE_DIVISIONS": "hotline=4301, letters-desk = 430104"})
    assert settings.source_divisions == (("hotline", "4301"), ("letters-desk", "430104"))
    assert Settings.from_environment(settings.environment()) == settings


def test_secrets_are_told_to_nobody() -> None:
    """Neither the representation nor an error holds a key or a password."""
    given = {
        "CASEGRAPH_MASTER_KEY": SECRET,
        "CASEGRAPH_DATABASE_URL": "postgresql://u:hidden@h/d",
        "CASEGRAPH_ELASTICSEARCH_URL": "https://u:hidden@a:9200, https://u:hidden@b:9200",
    }
    shown = repr(Settings.from_environment(given))
    assert SECRET not in shown
    assert bytes.fromhex(SECRET).hex() not in shown
    assert "hidden" not in shown
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({"CASEGRAPH_MASTER_KEY": SECRET[:-2]})
    assert SECRET[:-2] not in str(caught.value)


def test_a_process_we_start_gets_the_same_settings() -> None:
    """Settings become variables and back."""
    given = {
        "CASEGRAPH_PORT": "8123",
        "CASEGRAPH_MASTER_KEY": f"{'cd' * 32}, {SECRET}",
        "CASEGRAPH_HOME_DIVISION": "4301",
    }
    settings = Settings.from_environment(given)
    assert Settings.from_environment(settings.environment()) == settings


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p:q@h/d",
        "postgres://u@[::1]:5432/d",
        "postgresql://u@h1:5432,h2/d?target_session_attrs=primary",
        "postgresql://u@/d?host=/run/postgresql&port=5433",
    ],
)
def test_addresses_of_every_form_are_taken(url: str) -> None:
    """Hosts by name or number, several of them, or a socket's folder."""
    assert Settings.from_environment({"CASEGRAPH_DATABASE_URL": url}).database_url == url


SIGN_IN = {"CASEGRAPH_OIDC_ISSUER": "https://login.example", "CASEGRAPH_OIDC_AUDIENCE": "casegraph"}


def test_others_are_listened_to_once_they_can_sign_in() -> None:
    """Any address then; the provider's secret is told to nobody."""
    given = SIGN_IN | {
        "CASEGRAPH_HOST": "0.0.0.0",  # noqa: S104  # the point of the test
        "CASEGRAPH_OIDC_CLIENT_ID": "browser",
        "CASEGRAPH_OIDC_CLIENT_SECRET": "hidden",
        "CASEGRAPH_PUBLIC_URL": "https://petitions.example/",
    }
    settings = Settings.from_environment(given)
    assert settings.public_url == "https://petitions.example"
    assert "hidden" not in repr(settings)
    assert Settings.from_environment(settings.environment()) == settings


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"CASEGRAPH_HOST": "10.0.0.1"}, "Set CASEGRAPH_OIDC_ISSUER"),
        ({"CASEGRAPH_OIDC_ISSUER": "https://login.example"}, "CASEGRAPH_OIDC_AUDIENCE must be set"),
        ({"CASEGRAPH_OIDC_AUDIENCE": "casegraph"}, "needs CASEGRAPH_OIDC_ISSUER"),
        (SIGN_IN | {"CASEGRAPH_OIDC_CLIENT_SECRET": "hidden"}, "needs CASEGRAPH_OIDC_CLIENT_ID"),
        ({"CASEGRAPH_OIDC_ISSUER": "http://login.example"}, "https://"),
        ({"CASEGRAPH_OIDC_ISSUER": "https://login.example?x=y"}, "https://"),
        ({"CASEGRAPH_OIDC_ISSUER": "https://u:hidden@login.example"}, "https://"),
        ({"CASEGRAPH_PUBLIC_URL": "http://petitions.example"}, "https://"),
        ({"CASEGRAPH_PUBLIC_URL": "https://petitions.example/path"}, "without a path"),
        ({"CASEGRAPH_PUBLIC_URL": "https://petitions.example:x"}, "https://"),
        ({"CASEGRAPH_PROXY": "proxy"}, "IP address"),
        ({"CASEGRAPH_ELASTICSEARCH_CA": "ca.pem"}, "CASEGRAPH_ELASTICSEARCH_URL with https://"),
        (
            {"CASEGRAPH_ELASTICSEARCH_CA": "ca.pem", "CASEGRAPH_ELASTICSEARCH_URL": "http://u:hidden@[::1]:9200"},
            "CASEGRAPH_ELASTICSEARCH_URL with https://",
        ),
    ],
)
def test_settings_that_do_not_fit_each_other_are_said(given: dict[str, str], says: str) -> None:
    """Before anything is opened, without any secret."""
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment(given)
    assert says in str(caught.value)
    assert "hidden" not in str(caught.value)
