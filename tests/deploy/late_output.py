"""Prints from a thread and from an exit handler."""

import atexit
import threading
import time


def print_late() -> None:
    time.sleep(0.2)
    print("thread")  # noqa: T201


if __name__ == "__main__":
    atexit.register(print, "at exit")
    threading.Thread(target=print_late).start()
