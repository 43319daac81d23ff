"""What can happen. Each fault is done and, where it does not end by itself, undone."""

from __future__ import annotations

import signal
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import httpx
import psutil

from tests.chaos.people import push
from tests.chaos.world import PREFIX

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from tests.chaos.world import World

    Fault = Callable[["World", "random.Random"], None]

STOPPED: Final = (1.0, 6.0)
"""Seconds for which something is stopped, blocked or hangs."""
POISON: Final = """create function poison() returns trigger language plpgsql as $$
begin
    new.received_at := '9999-12-31 23:59:59Z';
    return new;
end $$;
create trigger poison before insert or update on submission for each row when (new.external_id like 'poison%')
execute function poison()"""
"""Gives records a time that no calendar goes on from, which no door would let in."""
CURE: Final = """drop function poison cascade;
update submission set received_at = now() where external_id like 'poison%'"""
NOBODY: Final = threading.Event()
"""Never set: what is awaited here is time itself."""


def pause(chance: random.Random) -> None:
    """Let some time go by."""
    NOBODY.wait(chance.uniform(*STOPPED))


def kill_a_server(world: World, chance: random.Random) -> None:
    """Kill -9 of one that answers."""
    chance.choice(world.servers).signal(signal.SIGKILL)


def kill_a_worker(world: World, chance: random.Random) -> None:
    """Kill -9 of one that follows, or stands by."""
    chance.choice(world.workers).signal(signal.SIGKILL)


def stop_one_of_ours(world: World, chance: random.Random) -> None:
    """A process that hangs, with all its locks and connections."""
    process = chance.choice(world.processes)
    process.signal(signal.SIGSTOP)
    pause(chance)
    process.signal(signal.SIGCONT)


def end_all_connections(world: World, _: random.Random) -> None:
    """As an administrator does, or a proxy that is restarted."""
    world.execute("select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()")


def restart_postgres(world: World, _: random.Random) -> None:
    """At once, without waiting for anybody."""
    world.restart_postgres(signal.SIGQUIT)


def kill_postgres(world: World, _: random.Random) -> None:
    """Kill -9 of its first process."""
    world.restart_postgres(signal.SIGKILL)


def stop_postgres(world: World, chance: random.Random) -> None:
    """All its processes hang."""
    first = world.postmaster()
    processes = [first, *first.children(recursive=True)]
    for one in processes:
        with suppress(psutil.NoSuchProcess):
            one.suspend()
    pause(chance)
    for one in processes:
        with suppress(psutil.NoSuchProcess):
            one.resume()


def kill_elasticsearch(world: World, _: random.Random) -> None:
    """Kill -9, and started again."""
    world.elasticsearch.signal(signal.SIGKILL)
    world.elasticsearch.start()


def stop_elasticsearch(world: World, chance: random.Random) -> None:
    """It hangs."""
    world.elasticsearch.signal(signal.SIGSTOP)
    pause(chance)
    world.elasticsearch.signal(signal.SIGCONT)


def delete_the_index(world: World, _: random.Random) -> None:
    """By somebody who took it for another."""
    world.search("DELETE", f"{PREFIX}-*?expand_wildcards=all")


def fill_the_disk(world: World, chance: random.Random) -> None:
    """As Elasticsearch does at its flood stage: it takes nothing more, until there is room."""
    block = "index.blocks.read_only_allow_delete"
    world.search("PUT", f"{PREFIX}-*/_settings", {block: True})
    pause(chance)
    world.search("PUT", f"{PREFIX}-*/_settings", {block: None})


def poison_a_record(world: World, chance: random.Random) -> None:
    """One that no index can take."""
    with suppress(httpx.HTTPError, ValueError), httpx.Client() as client:
        push(client, chance.choice(world.addresses), 0, f"poison{chance.randrange(10**6)}")


FAULTS: Final[tuple[Fault, ...]] = (
    kill_a_server, kill_a_worker, stop_one_of_ours, end_all_connections, restart_postgres, kill_postgres, stop_postgres,
    kill_elasticsearch, stop_elasticsearch, delete_the_index, fill_the_disk, poison_a_record,
)  # fmt: skip
