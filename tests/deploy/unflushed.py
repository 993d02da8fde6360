"""Writes its output only at its end, as a program with short output does."""

import sys

if __name__ == "__main__":
    print("a line in a buffer")  # noqa: T201
    sys.exit(int(sys.argv[1]))
