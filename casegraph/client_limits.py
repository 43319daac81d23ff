"""What a server bears of its clients: how long they may take, and how much of it they may hold at once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientLimits:
    """The limits, each a setting of the same name. Times are in seconds, counts are of one process."""

    head_seconds: float = 10.0
    """A request's head, and a new connection's silence."""
    body_seconds: float = 20.0
    """A body of any size; what comes fast enough has longer."""
    rest_seconds: float = 5.0
    """The rest of a body that was answered already: closing at once would take the answer from a client that sends."""
    idle_seconds: float = 5.0
    """A connection without a request, after an answer."""
    take_seconds: float = 60.0
    """Taking nothing of what is sent, once it fills the line's buffers."""
    hello_seconds: float = 10.0
    """A WebSocket's first message."""
    ping_seconds: float = 20.0
    """Between two looks whether the other end of a WebSocket is still there."""
    pong_seconds: float = 20.0
    """Its answer to one."""
    operations_per_socket: int = 100
    sockets_per_viewer: int = 20
    subscriptions_per_viewer: int = 200
    sockets_per_address: int = 500

    @property
    def event_seconds(self) -> float:
        """How long an event may wait to be taken: less than ends the connection, so that its client can be told."""
        return self.take_seconds / 2
