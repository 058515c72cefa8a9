"""Ports on 127.0.0.1."""

import socket

from local.settings import LocalError


def check_free(port: int, variable: str) -> None:
    """Raise LocalError, naming the variable to change, if something listens there already."""
    with socket.socket() as probe:
        # As the servers do: a port in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise LocalError(
                f"port {port} is taken ({error.strerror}): stop what listens there, or choose "
                f"another with {variable}=<port>"
            ) from None
