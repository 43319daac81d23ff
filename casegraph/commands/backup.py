"""`backup`: copy database, attachments and erasure list into a new folder, while they are used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casegraph.backup.writing import Kept, back_up
from casegraph.opening import attachments_folder, erasures_file, open_database, open_vault, utc_now
from casegraph.terminal import say
from graph import keyring
from wording import Wording

if TYPE_CHECKING:
    import argparse

    from casegraph.settings import Settings


async def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Write the backup and tell what is in it, and what is not."""
    async with open_database(settings) as url:
        vault = open_vault(settings)
        kept = Kept(
            url=url,
            vault=vault,
            attachments=attachments_folder(settings),
            erasures=erasures_file(settings),
            key=keyring.write(vault.ring) if arguments.with_key else None,
        )
        manifest = await back_up(kept, arguments.folder.absolute(), utc_now())
    rows = sum(table.rows for table in manifest.dump.tables.values())
    say(Wording(
        "{folder}: {rows:,} rows, {position:,} entries of the journal, {erasures:,} erasures, {count:,} files.",
        folder=arguments.folder, rows=rows, position=manifest.dump.position, erasures=manifest.erasures,
        count=len(manifest.files),
    ))  # fmt: skip
    if manifest.missing:
        say(
            Wording(
                "{count:,} attachments are not in it: erased meanwhile, or lost. See `doctor`.",
                count=len(manifest.missing),
            )
        )
    if arguments.with_key:
        say(
            Wording(
                "THE MASTER KEY IS IN IT, IN CLEAR: whoever has this folder can read all that is sealed. Lock it away."
            )
        )
    else:
        say(Wording("THE MASTER KEY IS NOT IN IT: keep a copy elsewhere, without it nothing sealed opens again."))
    return 0
