"""`doctor`: check what is stored, what runs and how far it has come, and say what to do."""

from __future__ import annotations

import os
import platform
import shutil
from importlib import metadata
from typing import TYPE_CHECKING, Final

from casegraph.doctor import Finding, Kept, examine
from casegraph.opening import attachments_folder, erasures_file, key_file, open_database, open_vault
from casegraph.rights import denied, hindered
from casegraph.services import homes_of, index_folder, opened_engine
from casegraph.serving import FOLDER as SERVING
from casegraph.serving import servers
from casegraph.signin.development import FILE as DEVELOPMENT_KEY
from casegraph.terminal import show
from casegraph.troubles import trouble
from connectors.letters import recognising
from wording import Wording, joined
from wording.catalogue import told

if TYPE_CHECKING:
    import argparse

    from casegraph.settings import Settings

LEAST_ROOM: Final = 1_000_000_000
LIBRARIES: Final = ("asyncpg", "strawberry-graphql", "tantivy", "elasticsearch", "rjieba", "python-calamine-plus")


async def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Tell every finding; 1 where something is to be done."""
    findings = [_versions(), _room(settings), _recognition(settings), _servers(settings), _rights(settings)]
    try:
        findings += await _stored(settings, quick=arguments.quick)
    except Exception as error:
        known = trouble(error, settings.data)
        if known is None:
            raise
        findings.append(Finding(Wording("what is stored"), Wording("cannot be looked at"), known.line))
    for finding in findings:
        show(f"{'ok  ' if finding.advice is None else 'BAD '} {told(finding.about)}: {told(finding.state)}")
        if finding.advice:
            show(f"     → {told(finding.advice)}")
    return 1 if any(finding.advice for finding in findings) else 0


async def _stored(settings: Settings, *, quick: bool) -> list[Finding]:
    async with open_database(settings) as url:
        vault = open_vault(settings)
        async with opened_engine(settings) as engine:
            kept = Kept(vault, engine, attachments_folder(settings), erasures_file(settings), homes_of(settings))
            return await examine(url, kept, quick=quick, embedded=settings.database_url is None)


def _rights(settings: Settings) -> Finding:
    """Look at what we use by ourselves; what the embedded database has is its own user's."""
    ours = (index_folder(settings), attachments_folder(settings), erasures_file(settings), key_file(settings),
            settings.data / DEVELOPMENT_KEY, settings.data / SERVING)  # fmt: skip
    data = settings.data
    first = str(data) if data.exists() and not os.access(data, os.R_OK | os.W_OK | os.X_OK) else None
    for path in ours:
        first = first or hindered(path)
    if first is None:
        return Finding(Wording("rights"), Wording("{data} may be read and written", data=data))
    return Finding(Wording("rights"), Wording("something in the way"), denied(first, data))


def _versions() -> Finding:
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in LIBRARIES)
    return Finding(
        Wording("versions"),
        Wording("Python {python_version}, {versions}", python_version=platform.python_version(), versions=versions),
    )


def _recognition(settings: Settings) -> Finding:
    """Tell whether scans are read. It is optional, so that it is not there is no fault."""
    if not settings.scan_pages:
        return Finding(Wording("recognition of scans"), Wording("turned off by CASEGRAPH_SCAN_PAGES; they are refused"))
    if missing := recognising.missing():
        install = Wording(
            "not installed ({missing}), scans are refused; to have them read: {install}",
            missing=", ".join(missing),
            install=recognising.INSTALL,
        )
        return Finding(Wording("recognition of scans"), install)
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("rapidocr", "onnxruntime", "pypdfium2"))
    return Finding(
        Wording("recognition of scans"),
        Wording("{versions}, up to {scan_pages} pages of a letter", versions=versions, scan_pages=settings.scan_pages),
    )


def _servers(settings: Settings) -> Finding:
    running = servers(settings.data)
    return Finding(
        Wording("servers"),
        joined([one.words() for one in running]) if running else Wording("none runs on this folder"),
    )


def _room(settings: Settings) -> Finding:
    free = shutil.disk_usage(settings.data if settings.data.exists() else settings.data.parent).free
    state = Wording("{free:.1f} GB free where {data} is", free=free / 1e9, data=settings.data)
    advice = Wording("Make room, or move the data with CASEGRAPH_DATA: below 1 GB writes may soon fail.")
    return Finding(Wording("disk"), state, advice if free < LEAST_ROOM else None)
