"""A real node of Elasticsearch for the tests: its parts by Maven, one for all workers of a run, gone when they are."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx
import psutil

from tests.cluster import LEFT_OVER, free_port, locked
from tests.scratch import cache

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

HERE: Final = Path(__file__).parent
VERSION: Final = re.findall(r"<elasticsearch.version>(.*)</", (HERE / "pom.xml").read_text(encoding="utf-8"))[0]
PREFIX: Final = "casegraph-tests-elasticsearch-"
OLDEST_JAVA: Final = 21
PATIENCE: Final = 180.0
"""Seconds that a node may take to start on a busy machine, and Maven to bring its parts."""
MANY: Final = 40
"""Prefixes whose indices are removed at once; an address has room for their names."""
OPENING: Final = ("-Xshare:auto", "--enable-native-access=ALL-UNNAMED", "--add-modules=jdk.incubator.vector")
OPTIONS: Final = ("-Xms384m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", *OPENING)
"""Small and soon there: compiling well takes longer than all tests together."""
MODULE: Final = f"""name=transport-netty4
description=HTTP and transport
classname=org.elasticsearch.transport.netty4.Netty4Plugin
version={VERSION}
elasticsearch.version={VERSION}
java.version={OLDEST_JAVA}
extended.plugins=
has.native.controller=false
"""
LOGGING: Final = """status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601} %-5p %c{1.}: %m%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
"""


class MissingError(Exception):
    """Elasticsearch cannot be started here."""


class Server:
    """One node in a folder of its own."""

    def __init__(self, folder: Path, *, options: Sequence[str] = OPTIONS, **settings: str) -> None:
        self.folder = folder
        self._options = options
        self._settings = settings
        self._port = folder / "port"
        self._process = folder / "process"

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._port.read_text(encoding='ascii')}"

    def start(self) -> None:
        """Start it, or join those who use it already."""
        (self.folder / "users").mkdir(parents=True, exist_ok=True)
        with locked(self.folder / "lock"):
            (self.folder / "users" / str(os.getpid())).touch()
            if self.process() is None:
                self._start()
        self._wait()

    def leave(self) -> None:
        """Use it no more; where nobody does, it ends by itself, and takes its folder with it."""
        (self.folder / "users" / str(os.getpid())).unlink(missing_ok=True)

    def end(self) -> None:
        """End it now."""
        if self.process():
            self.signal(signal.SIGKILL)

    def signal(self, number: signal.Signals) -> None:
        """Signal its process, and wait until it is gone where that ends it."""
        process = self.process()
        assert process is not None
        process.send_signal(number)
        if number is signal.SIGKILL:
            process.wait(PATIENCE)

    def process(self) -> psutil.Process | None:
        """Return its process, None where it does not run."""
        try:
            process = psutil.Process(int(self._process.read_text(encoding="ascii")))
            return process if process.is_running() and process.status() != psutil.STATUS_ZOMBIE else None
        except (OSError, psutil.NoSuchProcess):
            return None

    def _start(self) -> None:
        java, parts = find_java(), find_parts()
        if not self._port.exists():
            self._port.write_text(str(free_port()), encoding="ascii")
        words = [
            str(java), *self._options, "-cp", f"{parts / 'lib'}/*", str(HERE / "Server.java"), str(parts),
            str(self.folder), self._port.read_text(encoding="ascii"),
            *(f"{name.replace('__', '.')}={value}" for name, value in self._settings.items()),
        ]  # fmt: skip
        with (self.folder / "log").open("ab") as log:
            started = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        self._process.write_text(str(started.pid), encoding="ascii")
        _CHILDREN.append(started)

    def _wait(self) -> None:
        for _ in _looks():
            try:
                answer = httpx.get(f"{self.url}/_cluster/health?wait_for_status=yellow&timeout=1s", timeout=10)
            except httpx.HTTPError:
                if self.process() is None:
                    break
            else:
                if answer.status_code == httpx.codes.OK:
                    return
        said = (self.folder / "log").read_text(encoding="utf-8", errors="replace")[-2_000:]
        raise AssertionError(f"Elasticsearch does not start: {said}")


_CHILDREN: Final[list[subprocess.Popen[bytes]]] = []
"""Those that this process started: one that is forgotten while it runs would be told of as a leak."""


def _looks() -> Iterator[None]:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        yield
        time.sleep(0.1)  # a node that starts, in a process of its own, calls nobody


def open_server(name: str) -> Server:
    """Start or join the node of a test run, after removing what killed runs left behind.

    Raises MissingError where there is nothing to start it with.
    """
    find_java()
    find_parts()
    parent = Path(tempfile.gettempdir())
    for left in parent.glob(f"{PREFIX}run-*"):
        if Server(left).process() is None and time.time() - left.stat().st_mtime > LEFT_OVER:
            shutil.rmtree(left, ignore_errors=True)
    server = Server(parent / f"{PREFIX}run-{name[:16]}")
    server.start()
    return server


class Indices:
    """The indices that tests leave behind, removed many at once: each removal is a new state of the whole cluster."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._left: set[str] = set()

    def leave(self, prefixes: Iterable[str]) -> None:
        """Let the indices of these prefixes be removed some time."""
        self._left.update(prefixes)
        if len(self._left) > MANY:
            self.remove()

    def remove(self) -> None:
        """Remove all that were left."""
        prefixes = sorted(self._left)
        self._left.clear()
        for at in range(0, len(prefixes), MANY):
            patterns = ",".join(f"{prefix}-*" for prefix in prefixes[at : at + MANY])
            told = httpx.get(f"{self.address}/{patterns}/_alias", timeout=PATIENCE).raise_for_status().json()
            if told:
                httpx.delete(f"{self.address}/{','.join(told)}", timeout=PATIENCE).raise_for_status()


def find_java() -> Path:
    """Return a Java that is new enough; raise MissingError where there is none."""
    homes = [Path(os.environ.get("JAVA_HOME", "")), *sorted(Path("/usr/lib/jvm").glob("*"))]
    named = shutil.which("java")
    for java in [*(home / "bin" / "java" for home in homes), *([Path(named)] if named else [])]:
        if os.access(java, os.X_OK) and _version_of(java) >= OLDEST_JAVA:
            return java
    raise MissingError(f"there is no Java {OLDEST_JAVA} or newer")


def _version_of(java: Path) -> int:
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', told)
    return int(found[1]) if found else 0


def find_parts() -> Path:
    """Return the folder of what a node is made of, brought by Maven where it is not there yet.

    Raises MissingError where it cannot be brought.
    """
    parts = cache() / f"elasticsearch-{VERSION}"
    partial = parts.with_name(f"{parts.name}-partial")
    with locked(parts.with_name(f"{parts.name}-lock")):
        if not parts.is_dir():
            shutil.rmtree(partial, ignore_errors=True)
            _bring(partial)
            partial.rename(parts)
    return parts


def _bring(folder: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise MissingError("there is no Maven (mvn)")
    module = folder / "modules" / "transport-netty4"
    for made in (module, folder / "lib", folder / "config"):
        made.mkdir(parents=True)
    words = [maven, "-q", "-B", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies"]
    try:
        done = subprocess.run(
            [*words, f"-DoutputDirectory={folder / 'lib'}"], capture_output=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        raise MissingError("Maven takes too long to bring it") from None
    if done.returncode:
        raise MissingError("Maven cannot bring it")
    for pattern in ("netty-*.jar", "transport-netty4-*.jar"):
        for jar in (folder / "lib").glob(pattern):
            jar.rename(module / jar.name)
    (module / "plugin-descriptor.properties").write_text(MODULE, encoding="utf-8")
    (folder / "config" / "log4j2.properties").write_text(LOGGING, encoding="utf-8")
