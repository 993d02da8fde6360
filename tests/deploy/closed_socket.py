"""Sends to a connection that its peer has closed, and continues."""

import socket
from contextlib import suppress

if __name__ == "__main__":
    server, client = socket.socketpair()
    client.close()
    with suppress(BrokenPipeError):
        server.send(b"answer")
