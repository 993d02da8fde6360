"""A process that has loaded the code that all services share, and forks them.

Run as `python -P -m deploy.local.template MODULE...`; its standard input is the socket by which
`deploy.local.forks` asks for processes. Loading takes most of the time in which a service starts:
here it is done once, and at the start of a system beside that of its engines.

It has one thread, so what a fork copies is whole. What it has forked ends when it does, as what
has a leash ends with its parent.
"""

import ctypes
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Sequence
from functools import partial
from typing import Any

MOST = 1 << 18
"""Bytes of a request."""

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Load modules, then fork what is asked for, for ever."""
    for module in sys.argv[1:]:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()  # what is never looked at is never copied
    Template(socket.socket(fileno=os.dup(0))).serve()


class Template:
    """Forks processes, and tells of each how it ended."""

    def __init__(self, door: socket.socket) -> None:
        self.door = door
        self.askers: dict[int, socket.socket] = {}
        """By process, who is told when it ends."""

    def serve(self) -> None:
        """Serve requests, for ever."""
        ended, bell = socket.socketpair()
        bell.settimeout(0)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(bell.fileno())
        with selectors.DefaultSelector() as selector:
            selector.register(self.door, selectors.EVENT_READ, self.fork)
            selector.register(ended, selectors.EVENT_READ, partial(ended.recv, MOST))
            while True:
                for key, _ in selector.select():
                    key.data()
                self.tell_ends()

    def fork(self) -> None:
        """Fork one process that is asked for."""
        said, (log, asker), _, _ = socket.recv_fds(self.door, MOST, 2)
        if not (child := os.fork()):
            become(json.loads(said), log)
        os.close(log)
        self.askers[child] = socket.socket(fileno=asker)
        tell(self.askers[child], child)

    def tell_ends(self) -> None:
        """Tell of the processes that have ended how they did."""
        while self.askers:
            child, status = os.waitpid(-1, os.WNOHANG)
            if not child:
                return
            with self.askers.pop(child) as asker:
                tell(asker, os.waitstatus_to_exitcode(status))


def tell(asker: socket.socket, number: int) -> None:
    """Tell a number, unless who has asked is gone."""
    try:
        asker.send(f"{number}\n".encode())
    except OSError:
        return


def become(what: dict[str, Any], log: int) -> None:
    """Run a module in this process, which is new, and end it."""
    status = 1
    try:
        detach(log, what["folder"])
        os.environ.clear()  # noqa: TID251  it is given another
        os.environ.update(what["environment"])  # noqa: TID251
        status = run(what["words"])
    except BaseException:  # noqa: BLE001  whatever it is, it must not return into the loop
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(status)


def detach(log: int, folder: str) -> None:
    """Take a session, a log and a folder of its own, and end when the template does."""
    template = os.getppid()
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    os.setsid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != template:
            os._exit(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for standard, file in enumerate((nothing, log, log)):
        os.dup2(file, standard)
    os.closerange(3, 256)
    os.chdir(folder)


def run(words: Sequence[str]) -> int:
    """Run a module as `python -m` would; return its exit status."""
    sys.argv = list(words)
    try:
        runpy.run_module(words[0], run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
        return end.code if isinstance(end.code, int) else int(bool(end.code))
    return 0


if __name__ == "__main__":
    main()
