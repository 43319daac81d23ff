"""Everything an operator can set, read once from `CASEGRAPH_…` variables into one frozen object.

A field's metadata holds what docs/settings.md says of it, and how its text is read.
"""

from __future__ import annotations

import base64
import binascii
import difflib
import ipaddress
import logging
import re
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from casegraph.client_limits import ClientLimits
from casegraph.web_names import LOOPBACK
from connectors.connector import Limits
from graph.divisions import divisions
from graph.sources import is_source
from graph.times import LEGAL_ZONE
from wording import WordedError, Wording
from wording.languages import Language, language_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PREFIX: Final = "CASEGRAPH_"
DEFAULTS: Final = ClientLimits()
LIMITS: Final = Limits()
TEST_PREFIX: Final = "CASEGRAPH_TEST_"
"""Read by the tests alone, so no mistake here."""
KEY_BYTES: Final = 32
PORTS: Final = range(1, 65536)
SHORTEST: Final = 0.01
LONGEST: Final = 3_600.0
ORIGIN: Final = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::\d+)?", re.ASCII)
"""As browsers tell where a page is from: names of other scripts in their ASCII form."""
SQL_SCHEMES: Final = ("postgresql://", "postgres://")


class SettingsError(WordedError):
    """A setting cannot be used. The message names it and says what it may be, never what a secret one held."""


def _path(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _is_https(text: str) -> bool:
    """Tell whether an address is reached by TLS, or is this machine's own."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    plain = parts.query or parts.fragment or parts.username is not None or port == 0
    own = parts.scheme == "http" and parts.hostname in LOOPBACK
    return bool(parts.hostname) and not plain and (parts.scheme == "https" or own)


def _issuer(text: str) -> str:
    if not _is_https(text):
        raise ValueError(Wording("must be the issuer's https:// address, as its discovery document has it"))
    return text


def _public_url(text: str) -> str:
    if not _is_https(text) or urlsplit(text).path not in ("", "/"):
        raise ValueError(Wording("must be https:// and a host without a path, as https://petitions.example"))
    return text.rstrip("/")


def _origins(text: str) -> tuple[str, ...]:
    found = [one.strip().rstrip("/").lower() for one in text.split(",")]
    if not all(_is_https(one) and ORIGIN.fullmatch(one) for one in found):
        raise ValueError(
            Wording(
                "must be origins of pages, as https://desk.example, several with commas between; `*` and "
                "`null` are none"
            )
        )
    return tuple(dict.fromkeys(found))


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError(Wording("must be an IP address, as 10.0.0.1")) from None


def _plain(text: str) -> str:
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError(Wording("must be letters, digits and signs without blanks"))
    return text


def _number(smallest: int, largest: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdecimal() or not smallest <= int(text) <= largest:
            raise ValueError(
                Wording("must be a whole number from {smallest} to {largest}", smallest=smallest, largest=largest)
            )
        return int(text)

    return read


def _seconds(text: str) -> float:
    if not re.fullmatch(r"\d{1,4}(\.\d{1,3})?", text, re.ASCII) or not SHORTEST <= float(text) <= LONGEST:
        raise ValueError(
            Wording(
                "must be seconds from {shortest:g} to {longest:g}, as 10 or 0.5", shortest=SHORTEST, longest=LONGEST
            )
        )
    return float(text)


def _database_url(text: str) -> str:
    if not text.startswith(SQL_SCHEMES):
        raise ValueError(Wording("must begin with postgresql://, as in postgresql://user:password@host:5432/casegraph"))
    for host in urlsplit(text).netloc.rpartition("@")[2].split(","):
        port = host.rpartition("]")[2].partition(":")[2]
        if port and not (port.isascii() and port.isdecimal() and int(port) in PORTS):
            raise ValueError(Wording("must name a port from 1 to 65535 after the host's colon"))
    return text


def _elasticsearch_url(text: str) -> str:
    parts = [urlsplit(one.strip()) for one in text.split(",")]
    if not all(map(_is_node, parts)):
        raise ValueError(
            Wording("must be https://user:password@host:9200, several with commas between; http:// on loopback alone")
        )
    if any(parts[0].netloc.rpartition("@")[0] != one.netloc.rpartition("@")[0] for one in parts):
        raise ValueError(Wording("must name the same user and password in each of its addresses"))
    return text


def _is_node(parts: SplitResult) -> bool:
    try:
        port = parts.port
    except ValueError:
        return False
    sealed = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    return sealed and bool(parts.hostname) and bool(port) and not parts.query and not parts.fragment


def _index_prefix(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,60}", text):
        raise ValueError(Wording("must be up to 61 small letters, digits and hyphens, a letter first"))
    return text


def _language(text: str) -> Language:
    found = language_of(text)
    if found is None:
        raise ValueError(Wording("must be `zh` or `en`"))
    return found


def _sources(text: str) -> frozenset[str]:
    names = frozenset(one.strip() for one in text.split(","))
    if not all(map(is_source, names)):
        raise ValueError(Wording("must be names of sources, as hotline,web-portal"))
    return names


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(Wording("must be a time zone of the IANA database, as Asia/Shanghai")) from None


def _keys(text: str) -> tuple[bytes, ...]:
    return tuple(_key(one.strip()) for one in text.split(","))


def _key(text: str) -> bytes:
    for decode in (bytes.fromhex, lambda given: base64.b64decode(given, validate=True)):
        try:
            key = decode(text)
        except (ValueError, binascii.Error):
            continue
        if len(key) == KEY_BYTES:
            return key
    raise ValueError(
        Wording("must be {key} bytes in hexadecimal or base64, as `openssl rand -hex 32` writes them", key=KEY_BYTES)
    )


def _switch(text: str) -> bool:
    if text.lower() not in ("on", "off"):
        raise ValueError(Wording("must be on or off"))
    return text.lower() == "on"


def _level(text: str) -> str:
    levels = ("DEBUG", "INFO", "WARNING", "ERROR")
    if text.upper() not in levels:
        raise ValueError(Wording("must be one of {levels}", levels=", ".join(levels)))
    return text.upper()


def _division(text: str) -> str:
    if (
        not text.isascii()
        or not text.isdecimal()
        or len(text) not in (2, 4, 6)
        or text.ljust(6, "0") not in divisions()
    ):
        raise ValueError(
            Wording("must be the GB/T 2260 code of a division that there is, of 2, 4 or 6 digits, as 4301")
        )
    return text


def _source_divisions(text: str) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for pair in text.split(","):
        source, _, code = (part.strip() for part in pair.partition("="))
        try:
            known = _division(code)
        except ValueError:
            known = ""
        if not known or not is_source(source) or source in found:
            raise ValueError(
                Wording(
                    "must name each source once with the GB/T 2260 code of its division, as "
                    "hotline=430100,letters-desk=430104"
                )
            )
        found[source] = known
    return tuple(found.items())


def _said(shown: str, read: Callable[[str], Any], says: str) -> dict[str, Any]:
    """Describe a setting: its default as the documentation shows it, how its text is read, and what it is."""
    return {"shown": shown, "read": read, "says": says}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How this casegraph runs."""

    data: Path = field(
        default=Path(".casegraph"),
        metadata=_said(
            "./.casegraph",
            _path,
            "The folder for everything kept: the embedded database, attachments, the search index, the master key.",
        ),
    )
    host: str = field(
        default="127.0.0.1",
        metadata=_said(
            "127.0.0.1",
            _plain,
            "The address to listen on; without `CASEGRAPH_OIDC_ISSUER` one of this machine alone.",
        ),
    )
    port: int = field(
        default=8000,
        metadata=_said("8000", _number(0, 65535), "The port to listen on; 0 takes any that is free."),
    )
    public_url: str | None = field(
        default=None,
        metadata=_said(
            "none",
            _public_url,
            "Where others reach this server, as https://petitions.example; a proxy before it ends TLS.",
        ),
    )
    allowed_origins: tuple[str, ...] = field(
        default=(),
        metadata=_said(
            "none",
            _origins,
            "Origins of front ends elsewhere whose pages may ask here (CORS), as https://desk.example, several with"
            " commas between. They show tokens; the session's cookie is never taken from them.",
        ),
    )
    proxy: str | None = field(
        default=None,
        metadata=_said(
            "none",
            _address,
            "The address of the proxy whose `X-Forwarded-For` is believed when look-ups and WebSockets are counted.",
        ),
    )
    oidc_issuer: str | None = field(
        default=None,
        metadata=_said(
            "none",
            _issuer,
            "The OpenID provider whose tokens people ask by; without it development tokens are taken on loopback.",
        ),
    )
    oidc_audience: str | None = field(
        default=None,
        metadata=_said("none", _plain, "Whom the provider's access tokens must be for (claim `aud`); needs an issuer."),
    )
    oidc_client_id: str | None = field(
        default=None,
        metadata=_said("none", _plain, "Who casegraph is to the provider when a browser signs in; needs an issuer."),
    )
    oidc_client_secret: str | None = field(
        default=None,
        repr=False,
        metadata=_said("none", str, "The client's secret, where the provider gave one."),
    )
    oidc_claim: str = field(
        default="casegraph",
        metadata=_said("casegraph", _plain, "The claim of a token that says what its bearer may see and do."),
    )
    database_url: str | None = field(
        default=None,
        repr=False,
        metadata=_said(
            "the embedded server",
            _database_url,
            "A PostgreSQL 18 server to use instead; the TLS parameters of the URL (`sslmode`, `sslrootcert`, …) hold.",
        ),
    )
    elasticsearch_url: str | None = field(
        default=None,
        repr=False,
        metadata=_said(
            "tantivy, in process",
            _elasticsearch_url,
            "The Elasticsearch 9 to search by instead, as https://user:password@host:9200; several machines of one"
            " cluster with commas between.",
        ),
    )
    elasticsearch_ca: Path | None = field(
        default=None,
        metadata=_said(
            "the system's authorities",
            _path,
            "The file of the authority that signs Elasticsearch's certificates (PEM).",
        ),
    )
    elasticsearch_prefix: str = field(
        default="casegraph",
        metadata=_said(
            "casegraph",
            _index_prefix,
            "What the names of this instance's indices begin with; no two instances share one on a cluster.",
        ),
    )
    elasticsearch_shards: int = field(
        default=1,
        metadata=_said(
            "1",
            _number(1, 100),
            "Parts that an index is made of, over which a cluster spreads it; one is good for some ten million texts."
            " `reindex` makes it so.",
        ),
    )
    elasticsearch_timeout: int = field(
        default=5_000,
        metadata=_said(
            "5000",
            _number(100, 600_000),
            "Milliseconds that Elasticsearch has to answer a search; a machine that hangs is left aside sooner.",
        ),
    )
    language: Language | None = field(
        default=None,
        metadata=_said(
            "as LANG has it",
            _language,
            "What is told in, `zh` or `en`, where nobody asks for another by `Accept-Language`.",
        ),
    )
    timezone: ZoneInfo = field(
        default=LEGAL_ZONE,
        metadata=_said(
            LEGAL_ZONE.key,
            _zone,
            "The zone of legal dates, of months, and of times that name none; with another one the index is made anew.",
        ),
    )
    home_division: str | None = field(
        default=None,
        metadata=_said(
            "none",
            _division,
            "The GB/T 2260 code of the division this instance serves: what it takes in belongs there, or in it;"
            " of places of one name the one there is meant.",
        ),
    )
    source_divisions: tuple[tuple[str, str], ...] = field(
        default=(),
        metadata=_said(
            "none",
            _source_divisions,
            "Divisions that single sources serve, as `hotline=430100,letters-desk=430104`; each goes before"
            " `CASEGRAPH_HOME_DIVISION`.",
        ),
    )
    master_key: tuple[bytes, ...] | None = field(
        default=None,
        repr=False,
        metadata=_said(
            "the file master.key",
            _keys,
            "The key that seals people's data, 32 bytes in hexadecimal or base64; several after a rotation, the newest"
            " first, with commas between. Without it a file in the data folder, made at the first start.",
        ),
    )
    erasures: Path | None = field(
        default=None,
        metadata=_said(
            "erasures.log in the data folder",
            _path,
            "The erasure list, which `restore` carries out again; best kept on another disk than the database.",
        ),
    )
    feed_token: str | None = field(
        default=None,
        repr=False,
        metadata=_said("none", str, "The token that `ingest web https://…` shows to the feed it follows."),
    )
    strict_sources: frozenset[str] = field(
        default=frozenset(),
        metadata=_said(
            "none",
            _sources,
            "Sources, with commas between, of which a record is refused that brings a column or key that is not read.",
        ),
    )
    scan_pages: int = field(
        default=LIMITS.pages,
        metadata=_said(
            f"{LIMITS.pages}",
            _number(0, 1_000),
            "Pages of a scan whose writing is recognised, where that is installed (`requirements-ocr.txt`); a letter of"
            " more is refused. 0 recognises none.",
        ),
    )
    pool_size: int = field(
        default=10,
        metadata=_said(
            "10",
            _number(2, 1000),
            "Connections that one process writes by at most; it reads by two for each processor and one besides.",
        ),
    )
    statement_timeout: int = field(
        default=10_000,
        metadata=_said(
            "10000", _number(100, 600_000), "Milliseconds after which PostgreSQL gives up a statement of the API."
        ),
    )
    page_size: int = field(
        default=200, metadata=_said("200", _number(1, 10_000), "Elements that one page of the API has at most.")
    )
    depth: int = field(
        default=12, metadata=_said("12", _number(1, 100), "How many fields deep a document of the API may nest.")
    )
    aliases: int = field(
        default=50, metadata=_said("50", _number(0, 10_000), "Fields that a document of the API may rename.")
    )
    tokens: int = field(
        default=5_000,
        metadata=_said(
            "5000",
            _number(100, 1_000_000),
            "Tokens that a document of the API may have, and fields with fragments spread out.",
        ),
    )
    cost: int = field(
        default=50_000,
        metadata=_said("50000", _number(100, 10_000_000), "Rows that one request to the API may be thought to read."),
    )
    head_seconds: float = field(
        default=DEFAULTS.head_seconds,
        metadata=_said(
            f"{DEFAULTS.head_seconds:g}",
            _seconds,
            "Seconds that a request's address and headers may take, and a new connection may say nothing.",
        ),
    )
    body_seconds: float = field(
        default=DEFAULTS.body_seconds,
        metadata=_said(
            f"{DEFAULTS.body_seconds:g}",
            _seconds,
            "Seconds that a body may take whatever its size; what comes fast enough has longer.",
        ),
    )
    rest_seconds: float = field(
        default=DEFAULTS.rest_seconds,
        metadata=_said(
            f"{DEFAULTS.rest_seconds:g}",
            _seconds,
            "Seconds for which the rest of a body is read that was answered already.",
        ),
    )
    idle_seconds: float = field(
        default=DEFAULTS.idle_seconds,
        metadata=_said(
            f"{DEFAULTS.idle_seconds:g}",
            _seconds,
            "Seconds that a connection is kept for another request after an answer.",
        ),
    )
    take_seconds: float = field(
        default=DEFAULTS.take_seconds,
        metadata=_said(
            f"{DEFAULTS.take_seconds:g}",
            _seconds,
            "Seconds for which a client may take nothing of what it is sent; half of it an event may wait.",
        ),
    )
    hello_seconds: float = field(
        default=DEFAULTS.hello_seconds,
        metadata=_said(
            f"{DEFAULTS.hello_seconds:g}", _seconds, "Seconds in which a WebSocket's first message must come."
        ),
    )
    ping_seconds: float = field(
        default=DEFAULTS.ping_seconds,
        metadata=_said(
            f"{DEFAULTS.ping_seconds:g}",
            _seconds,
            "Seconds between two looks whether the other end of a WebSocket is still there.",
        ),
    )
    pong_seconds: float = field(
        default=DEFAULTS.pong_seconds,
        metadata=_said(f"{DEFAULTS.pong_seconds:g}", _seconds, "Seconds that it may take to answer such a look."),
    )
    operations_per_socket: int = field(
        default=DEFAULTS.operations_per_socket,
        metadata=_said(
            f"{DEFAULTS.operations_per_socket}",
            _number(1, 10_000),
            "Operations that one WebSocket has going on at once at most.",
        ),
    )
    sockets_per_viewer: int = field(
        default=DEFAULTS.sockets_per_viewer,
        metadata=_said(
            f"{DEFAULTS.sockets_per_viewer}",
            _number(1, 100_000),
            "WebSockets that one viewer has open at once at most, in one process.",
        ),
    )
    subscriptions_per_viewer: int = field(
        default=DEFAULTS.subscriptions_per_viewer,
        metadata=_said(
            f"{DEFAULTS.subscriptions_per_viewer}",
            _number(1, 1_000_000),
            "Subscriptions that one viewer has going on at once at most, in one process.",
        ),
    )
    sockets_per_address: int = field(
        default=DEFAULTS.sockets_per_address,
        metadata=_said(
            f"{DEFAULTS.sockets_per_address}",
            _number(1, 100_000),
            "WebSockets that one address has open at once at most, in one process; behind a proxy name it in"
            " `CASEGRAPH_PROXY`.",
        ),
    )
    documents: Path | None = field(
        default=None,
        metadata=_said("none", _path, "A folder of trusted documents; with it the API answers these alone."),
    )
    introspection: bool | None = field(
        default=None,
        metadata=_said(
            "on, but off with trusted documents", _switch, "Whether the API tells its schema: `on` or `off`."
        ),
    )
    explain: bool = field(
        default=False,
        metadata=_said("off", _switch, "Whether the API tells a query's plan to who asks for it: `on` or `off`."),
    )
    batch_size: int = field(
        default=300,
        metadata=_said(
            "300", _number(1, 300), "Records that `ingest` takes in by one transaction; larger ones hold others up."
        ),
    )
    log_level: str = field(
        default="INFO",
        metadata=_said("INFO", _level, "What is logged: DEBUG, INFO, WARNING or ERROR."),
    )

    @property
    def client_limits(self) -> ClientLimits:
        """What is borne of clients."""
        return ClientLimits(**{one.name: getattr(self, one.name) for one in fields(ClientLimits)})

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read the settings; raise SettingsError for a value that cannot be used or a name that is none."""
        known = {name_of(one): one for one in fields(cls)}
        given = {name: text.strip() for name, text in environment.items() if name.startswith(PREFIX)}
        values: dict[str, Any] = {"data": _path(".casegraph")}
        for name, text in sorted(given.items()):
            if name.startswith(TEST_PREFIX) or text == "":
                continue
            if name not in known:
                raise SettingsError(_unknown(name, known))
            try:
                values[known[name].name] = known[name].metadata["read"](text)
            except ValueError as error:
                raise SettingsError(Wording("{name} {error}.", name=name, error=error.args[0])) from None
        settings = cls(**values)
        settings._require_sense()
        return settings

    def _require_sense(self) -> None:
        """Raise SettingsError where settings do not fit each other."""
        if self.elasticsearch_ca is not None and not (self.elasticsearch_url or "").startswith("https://"):
            raise SettingsError(
                Wording("CASEGRAPH_ELASTICSEARCH_CA needs CASEGRAPH_ELASTICSEARCH_URL with https:// beside it.")
            )
        if self.oidc_issuer is None:
            if self.host not in LOOPBACK:
                raise SettingsError(
                    Wording(
                        "CASEGRAPH_HOST may only be 127.0.0.1, ::1 or localhost as long as nobody can sign in. Set "
                        "CASEGRAPH_OIDC_ISSUER to listen to others."
                    )
                )
            for name in ("oidc_audience", "oidc_client_id", "oidc_client_secret"):
                if getattr(self, name) is not None:
                    raise SettingsError(
                        Wording(
                            "{prefix}{upper} needs CASEGRAPH_OIDC_ISSUER beside it.", prefix=PREFIX, upper=name.upper()
                        )
                    )
        elif self.oidc_audience is None:
            raise SettingsError(Wording("CASEGRAPH_OIDC_AUDIENCE must be set beside CASEGRAPH_OIDC_ISSUER."))
        if self.oidc_client_secret is not None and self.oidc_client_id is None:
            raise SettingsError(Wording("CASEGRAPH_OIDC_CLIENT_SECRET needs CASEGRAPH_OIDC_CLIENT_ID beside it."))

    def environment(self) -> dict[str, str]:
        """Return the variables that give these settings to a process we start."""
        found = {}
        for one in fields(self):
            value = getattr(self, one.name)
            if value != one.default:
                found[name_of(one)] = _text_of(value)
        return found


def _part(one: bytes | str | tuple[str, ...]) -> str:
    match one:
        case bytes():
            return one.hex()
        case tuple():
            return "=".join(one)
        case _:
            return one


def _text_of(value: object) -> str:
    """Return a setting's value as its variable has it."""
    match value:
        case tuple():
            return ",".join(_part(one) for one in value)
        case frozenset():
            return ",".join(sorted(value))
        case bool():
            return "on" if value else "off"
        case _:
            return str(value)


def name_of(one: Field[Any]) -> str:
    """Return the name of a setting's variable."""
    return PREFIX + one.name.upper()


def _unknown(name: str, known: Mapping[str, object]) -> Wording:
    bare = [one.removeprefix(PREFIX) for one in known]
    near = difflib.get_close_matches(name.removeprefix(PREFIX), bare, n=1, cutoff=0.7)
    hint = f" Did you mean {PREFIX}{near[0]}?" if near else " See docs/settings.md for those there are."
    return Wording("There is no setting {name}.{hint}", name=name, hint=hint)


def configure_logging(settings: Settings) -> None:
    """Log to the standard error stream, one line each."""
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True)
    # Each request is counted in /metrics; a line each would be most of the log. Starts and stops are told by us.
    for name in ("uvicorn.access", "uvicorn.error"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # That Elasticsearch is away is told by who asks it, once and with what to do.
    logging.getLogger("elastic_transport").setLevel(logging.ERROR)
    # Who uses a connection that cannot be had says so in one line; the pool would add a traceback.
    logging.getLogger("asyncpg").setLevel(logging.ERROR)
