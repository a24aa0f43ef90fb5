"""Ports on the loopback interface that nothing listens on."""

import random
import socket
import time

# Below Linux's ephemeral range, so that no outgoing connection takes a port between choice and use.
LOWEST, HIGHEST = 15000, 32000
_given = set()


def free_port():
    """A TCP port that can be bound on 127.0.0.1 and was not given out before in this process."""
    while True:
        port = random.randint(LOWEST, HIGHEST)
        if port in _given or not _can_bind(port):
            continue
        _given.add(port)
        return port


def wait_for_port(port, seconds=10.0, still_alive=lambda: True):
    """Waits until 127.0.0.1:port accepts; False when time is up or `still_alive` says no."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return True
        except OSError:
            if not still_alive():
                return False
            time.sleep(0.02)
    return False


def _can_bind(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
