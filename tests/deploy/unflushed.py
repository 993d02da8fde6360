"""Fails to write its output at the very end only, as a program does whose output is short."""

import sys

if __name__ == "__main__":
    print("a line in a buffer")  # noqa: T201
    sys.exit(int(sys.argv[1]))
