"""A machine that has no room for one process, and has it for the next."""

import errno
import os
from collections.abc import Iterator

fork = os.fork


def refusals() -> Iterator[OSError]:
    yield OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))


left = refusals()


def refuse_once() -> int:
    for refusal in left:
        raise refusal
    return fork()


os.fork = refuse_once
