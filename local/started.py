"""What has been started: stopped in reverse, and missed when it ends by itself."""

from contextlib import ExitStack
from typing import Protocol

from local.children import Child


class Server(Protocol):
    def start(self) -> None: ...
    def running(self) -> bool: ...
    def stop(self) -> None: ...


class Started:
    """Servers by the name that a person knows them by."""

    def __init__(self) -> None:
        self._servers: dict[str, Server] = {}
        self._stopping = ExitStack()

    def start(self, name: str, server: Server) -> None:
        # Before the start: one that fails halfway has something to stop as well.
        self._stopping.callback(server.stop)
        server.start()
        self._servers[name] = server

    def start_all(self, *children: Child) -> None:
        """Start them together, and return when each is ready. Raises LocalError."""
        for child in children:
            self.start(child.name, child)
        for child in children:
            child.wait_until_ready()

    def ended(self) -> list[str]:
        """Return the names of what has ended by itself."""
        return [name for name, server in self._servers.items() if not server.running()]

    def stop(self) -> None:
        self._stopping.close()
