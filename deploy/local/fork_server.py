"""The fork server, called the template: it loads modules once, and forks processes that run them.

Run as `python -P -m deploy.local.fork_server MODULE...` by `deploy.local.fork_server_client`.
Most of the time of a service's start is loading its code: the fork server loads the modules that
it is given, those of the services that run, while PostgreSQL and Kafka start.

Standard input is a Unix stream socket. A request is one byte, FORK or PING, sent with file
descriptors: a socket for the reports on the request and, for FORK, the files for standard output
and standard error. Reports are lines of JSON. FORK: the forked process reports `{"pid": ...}`, then
reads its command, one line of JSON, from the socket for the reports; when the forked process has
ended, the fork server reports `{"status": ...}`, negative for a signal. If it could not fork, it
reports `{"refused": why}`. PING: it reports `{}`.

It has one thread, so that a fork copies a consistent state. On Linux the forked processes end
with it, by the parent-death signal.
"""

import ctypes
import errno
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from io import TextIOWrapper
from typing import Any, TextIO, cast

FORK, PING = b"f", b"p"

MAX_SIGNAL_BYTES = 4096
"""Bytes read at once from the wake-up socket of signals."""

OUTPUTS = 2
"""Standard output and standard error."""

PR_SET_PDEATHSIG = 1  # also in exec_child.py, which runs with -I -S and cannot import this


def main() -> None:
    """Load modules, then serve requests; in each forked process run the requested module.

    A forked process ends as `python -m` does: by returning from here to the interpreter.
    """
    gc.disable()  # what is loaded stays
    for module in sys.argv[1:]:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()  # the collector does not touch the loaded objects, so forks do not copy their pages
    gc.enable()
    sys.argv = serve()
    sys.modules.pop(sys.argv[0], None)  # it runs as `__main__`, even if it has been imported
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def serve() -> list[str]:
    """Serve requests; return the module and its arguments in each forked process."""
    template = ForkServer(socket.socket(fileno=os.dup(0)))
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    pid = os.getpid()
    request = template.serve_until_forked()
    template.close()
    start_session(pid)
    command = request.set_up_child()
    os.environ.clear()  # noqa: TID251  replaced by the command's
    os.environ.update(command["environment"])  # noqa: TID251
    os.chdir(command["folder"])
    words: list[str] = command["words"]
    return words


@dataclass
class ForkRequest:
    """A request with its files."""

    kind: bytes
    reports: socket.socket
    outputs: list[int]

    def report(self, **fields: object) -> None:
        """Send a report to the requester, unless it has ended."""
        with suppress(OSError):
            self.reports.send(json.dumps(fields).encode() + b"\n", socket.MSG_DONTWAIT)

    def close_outputs(self) -> None:
        """Close the files that only the forked process needs."""
        while self.outputs:
            os.close(self.outputs.pop())

    def close(self) -> None:
        """Close all files of the request."""
        self.close_outputs()
        self.reports.close()

    def set_up_child(self) -> dict[str, Any]:
        """Redirect the output, report the process id, and return the command to run.

        Ends this process if the requester has cancelled.
        """
        for standard, file in enumerate(self.outputs, 1):
            os.dup2(file, standard)
        sys.stdout = reopen_stream(1, sys.stdout)
        sys.stderr = reopen_stream(2, sys.stderr)
        self.report(pid=os.getpid())
        with self.reports.makefile(encoding="utf-8") as lines:
            command = lines.readline()
        self.close()
        if not command.endswith("\n"):
            sys.exit(1)
        return dict(json.loads(command))


class ForkServer:
    """Forks processes, and reports the exit status of each."""

    def __init__(self, requests: socket.socket) -> None:
        self.requests = requests
        self.running: dict[int, ForkRequest] = {}
        """By process id."""
        self.signals, self.wakeup = socket.socketpair()
        self.wakeup.settimeout(0)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self.wakeup.fileno(), warn_on_full_buffer=False)

    def close(self) -> None:
        """Close and reset, in a forked process, everything that this class has opened and set."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for each in (self.requests, self.signals, self.wakeup):
            each.close()
        for request in self.running.values():
            request.close()

    def serve_until_forked(self) -> ForkRequest:
        """Serve requests until the socket is closed; return in each forked process its request."""
        while True:
            readable, _, _ = select.select([self.requests, self.signals], [], [])
            if self.signals in readable:
                self.signals.recv(MAX_SIGNAL_BYTES)
                self.report_ends()
            if self.requests in readable and (request := self.serve_request()):
                return request

    def serve_request(self) -> ForkRequest | None:
        """Serve one request; return it in the process forked for it, None in this one."""
        try:
            request = receive(self.requests)
        except OSError as error:
            write_to_log(f"a request was lost: {error}")
            return None
        if request.kind == PING:
            request.report()
            request.close()
            return None
        return request if self.fork_and_return_is_child(request) else None

    def fork_and_return_is_child(self, request: ForkRequest) -> bool:
        """Fork, and tell whether this is the forked process; report a failed fork as refused."""
        try:
            if len(request.outputs) < OUTPUTS:
                raise too_many_files_error()
            child = os.fork()
        except (OSError, MemoryError) as error:
            request.report(refused=str(error) or type(error).__name__)
            request.close()
            return False
        if child:
            self.running[child] = request
            request.close_outputs()
        return not child

    def report_ends(self) -> None:
        """Report the exit status of the processes that have ended."""
        while self.running:
            child, status = os.waitpid(-1, os.WNOHANG)
            if not child:
                return
            request = self.running.pop(child)
            request.report(status=os.waitstatus_to_exitcode(status))
            request.close()


def receive(requests: socket.socket) -> ForkRequest:
    """Receive a request; end this process if the socket is closed.

    Raises:
        OSError: The request is lost, because its files could not be opened here.
    """
    kind, files, *_ = socket.recv_fds(requests, 1, 1 + OUTPUTS)
    if not kind:
        sys.exit()
    if not files:
        raise too_many_files_error()
    return ForkRequest(kind, socket.socket(fileno=files[0]), files[1:])


def too_many_files_error() -> OSError:
    """Return the error of a request with missing files."""
    return OSError(errno.EMFILE, os.strerror(errno.EMFILE))


def write_to_log(line: str) -> None:
    """Write a line to this process's log; without a stream, whose buffer a fork would copy."""
    with suppress(OSError):
        os.write(2, f"{line}\n".encode())


def reopen_stream(file: int, stream: TextIO) -> TextIOWrapper:
    """Return a stream to a file as Python opens it, which depends on whether it is a terminal.

    Args:
        file: Descriptor of the file.
        stream: The template's stream, whose encoding and buffering are used.
    """
    like = cast("TextIOWrapper", stream)
    size = 0 if like.write_through else -1
    binary = open(file, "wb", buffering=size, closefd=False)  # noqa: SIM115
    return TextIOWrapper(
        binary,
        encoding=like.encoding,
        errors=like.errors,
        line_buffering=like.line_buffering or binary.isatty(),
        write_through=like.write_through,
    )


def start_session(template: int) -> None:
    """Start a session of its own, and end when the template does."""
    os.setsid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != template:
            sys.exit(1)


if __name__ == "__main__":
    main()
