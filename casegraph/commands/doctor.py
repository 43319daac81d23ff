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
from casegraph.terminal import say
from casegraph.troubles import trouble
from connectors.letters import recognising

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
        told = trouble(error, settings.data)
        if told is None:
            raise
        findings.append(Finding("what is stored", "cannot be looked at", told.line))
    for finding in findings:
        say(f"{'ok  ' if finding.advice is None else 'BAD '} {finding.about}: {finding.state}")
        if finding.advice:
            say(f"     → {finding.advice}")
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
        return Finding("rights", f"{data} may be read and written")
    return Finding("rights", "something in the way", denied(first, data))


def _versions() -> Finding:
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in LIBRARIES)
    return Finding("versions", f"Python {platform.python_version()}, {versions}")


def _recognition(settings: Settings) -> Finding:
    """Tell whether scans are read. It is optional, so that it is not there is no fault."""
    if not settings.scan_pages:
        return Finding("recognition of scans", "turned off by CASEGRAPH_SCAN_PAGES; they are refused")
    if missing := recognising.missing():
        install = f"not installed ({', '.join(missing)}), scans are refused; to have them read: {recognising.INSTALL}"
        return Finding("recognition of scans", install)
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("rapidocr", "onnxruntime", "pypdfium2"))
    return Finding("recognition of scans", f"{versions}, up to {settings.scan_pages} pages of a letter")


def _servers(settings: Settings) -> Finding:
    return Finding("servers", "; ".join(one.words() for one in servers(settings.data)) or "none runs on this folder")


def _room(settings: Settings) -> Finding:
    free = shutil.disk_usage(settings.data if settings.data.exists() else settings.data.parent).free
    state = f"{free / 1e9:.1f} GB free where {settings.data} is"
    advice = "Make room, or move the data with CASEGRAPH_DATA: below 1 GB writes may soon fail."
    return Finding("disk", state, advice if free < LEAST_ROOM else None)
