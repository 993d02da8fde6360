"""Answers a caller that has closed its connection, and goes on."""

import socket
from contextlib import suppress

if __name__ == "__main__":
    ours, callers = socket.socketpair()
    callers.close()
    with suppress(BrokenPipeError):
        ours.send(b"answer")
