"""`restore`: bring a backup back into an empty instance, without those who were erased since."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from casegraph.backup.manifest import KEY, BackupError, read_manifest
from casegraph.backup.restoring import Target, check, restore
from casegraph.opening import attachments_folder, erasures_file, open_database, open_vault, utc_now
from casegraph.services import index_folder, make_eraser, opened_engine
from casegraph.terminal import say
from wording import Wording

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from casegraph.settings import Settings


async def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Check the backup, bring it back, and tell what is to be done next."""
    folder = arguments.folder.absolute()
    read_manifest(folder)
    _find_key(settings, folder)
    vault = open_vault(settings)
    target = Target(
        vault=vault,
        attachments=attachments_folder(settings),
        index=index_folder(settings),
        erasures=erasures_file(settings),
        eraser=lambda pool: make_eraser(settings, pool, vault),
    )
    await _require_no_index(settings)
    checked = await asyncio.to_thread(check, folder, target, arguments.erasures)
    async with open_database(settings) as url:
        restored = await restore(url, checked, target, utc_now())
    dump = restored.manifest.dump
    say(
        Wording(
            "Restored as of {made_at} UTC, entry {position:,} of the journal.",
            made_at=f"{restored.manifest.made_at:%Y-%m-%d %H:%M}",
            position=dump.position,
        )
    )
    say(Wording("{erasures:,} erasures since then were carried out again.", erasures=restored.erasures))
    say(Wording("The index is not in a backup: the next `serve` or `work` builds it, or `reindex` now."))
    return 0


async def _require_no_index(settings: Settings) -> None:
    """Raise BackupError where Elasticsearch has an index of ours: it may be of another database."""
    if settings.elasticsearch_url is None:
        return  # the folder of the other engine is looked at with the others
    async with opened_engine(settings) as engine:
        if await engine.position() is not None:
            raise BackupError(
                Wording(
                    "Elasticsearch has an index {elasticsearch_prefix}-… already. Remove it, or choose another "
                    "CASEGRAPH_ELASTICSEARCH_PREFIX.",
                    elasticsearch_prefix=settings.elasticsearch_prefix,
                )
            )


def _find_key(settings: Settings, folder: Path) -> None:
    """Take the backup's key where there is no other; raise BackupError where there is none at all."""
    path = settings.data / "master.key"
    if settings.master_key is not None or path.exists():
        return
    if not (folder / KEY).is_file():
        raise BackupError(
            Wording(
                "The master key is in neither the backup nor {path}, and nothing in the backup opens without "
                "it. Put the copy of master.key that was kept elsewhere there, or set CASEGRAPH_MASTER_KEY.",
                path=path,
            )
        )
    settings.data.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.touch(mode=0o600)
    partial.write_bytes((folder / KEY).read_bytes())
    partial.replace(path)
