"""Makes the next fork of this process fail, and those after it succeed."""

import errno
import os
from collections.abc import Iterator

fork = os.fork


def refusals() -> Iterator[OSError]:
    yield OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))


remaining = refusals()


def refuse_once() -> int:
    for refusal in remaining:
        raise refusal
    return fork()


os.fork = refuse_once
