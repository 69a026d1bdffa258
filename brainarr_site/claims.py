"""What only one Brainarr may hold: its data folder and its port."""

import errno
import fcntl
import socket
import time
from pathlib import Path
from typing import TextIO

# Orphans of a killed supervisor die at once, but not in no time.
_ORPHANS_LAST_SECONDS = 3.0


class Occupied(Exception):
    """Something needed is taken or cannot be used; the message says what to do."""


def claim_folder(folder: Path) -> TextIO:
    """Hold the folder for as long as the returned file is open here or in a child. Raises Occupied.

    Children inherit the claim on purpose: nobody starts beside the last worker of a supervisor that was killed.
    """
    try:
        claim = (folder / "up.lock").open("w")
    except OSError as error:
        raise Occupied(f"BRAINARR_DATA is {folder}, which cannot be written to ({error}).") from error
    give_up_at = time.monotonic() + _ORPHANS_LAST_SECONDS
    while True:
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > give_up_at:
                claim.close()
                raise Occupied(
                    f"Another Brainarr already runs on {folder}; stop it, or set BRAINARR_DATA to another folder."
                ) from None
            time.sleep(0.1)
        else:
            return claim


def check_port(host: str, port: int) -> None:
    """Raises Occupied when the web server could not listen there."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise Occupied(f"BRAINARR_HOST is {host!r}, which is no address of this machine ({error}).") from error
    with socket.socket(family, kind, protocol) as probe:
        # As the web server does: connections that linger after a restart are no obstacle, a listener is.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise Occupied(f"BRAINARR_HOST is {host!r}, which is no address of this machine.") from error
            reason = "is in use by another program" if error.errno == errno.EADDRINUSE else f"cannot be used ({error})"
            raise Occupied(f"Port {port} {reason}; free it, or set BRAINARR_PORT to another one.") from error
