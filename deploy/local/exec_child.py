"""Execute another program that ends when its parent does.

Run as `python -I -S exec_child.py PARENT SIGNAL UID GID COMMAND...`, never imported. It is
a program of its own because its work between fork and exec (give up root, request a signal
from the kernel at the parent's death) is not safe in a process that has threads.

SIGNAL 0 means no parent-death signal: the program outlives its parent. UID -1 keeps the user.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Give up root, set the parent-death signal, and execute COMMAND."""
    parent, death_signal, uid, gid = (int(word) for word in sys.argv[1:5])
    command = sys.argv[5:]
    os.umask(0o077)
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if death_signal and sys.platform == "linux":
        # After the change of user, which clears it.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:  # it ended before the signal was set
            sys.exit(1)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    os.execv(command[0], command)  # noqa: S606  without a shell on purpose


main()
