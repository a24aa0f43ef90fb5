"""Ports on the loopback interface that nothing listens on."""

import random
import socket
import time

# Below Linux's ephemeral range, so that no outgoing connection takes a port between choice and use.
LOWEST, HIGHEST = 15000, 32000
_claims = {}


def free_port():
    """A TCP port that can be bound on 127.0.0.1 and that no other process of the tests was given."""
    while True:
        port = random.randint(LOWEST, HIGHEST)
        claim = _claim(port)
        if claim is not None and _can_bind(port):
            _claims[port] = claim
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


def _claim(port):
    """What stands for a port while this process lives; None: somebody has it."""
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        claim.bind(f"\0zaguan-port-{port}")
    except OSError:
        claim.close()
        return None
    return claim


def _can_bind(port):
    with socket.socket() as probe:
        # A copy that a process has while it starts does not keep a server from the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
