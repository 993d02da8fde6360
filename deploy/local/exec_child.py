"""Become another program that ends when its parent does.

Run as `python -I -S exec_child.py PARENT SIGNAL UID GID COMMAND...`, never imported. It
exists because what it does between fork and exec (give up root, ask the kernel for a
signal at the parent's end) is not safe to do in a process that has threads.

SIGNAL 0 means no leash: the program outlives its parent. UID -1 keeps the user.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Give up root, take the leash, and become COMMAND."""
    parent, last_signal, uid, gid = (int(word) for word in sys.argv[1:5])
    command = sys.argv[5:]
    os.umask(0o077)
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if last_signal and sys.platform == "linux":
        # After the change of user, which clears it.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, last_signal)
        if os.getppid() != parent:  # it ended before the leash was on
            sys.exit(1)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    os.execv(command[0], command)  # noqa: S606  no shell is what we want


main()
