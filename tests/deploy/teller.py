"""Tells what it sees, and ends with the status that it is told."""

import json
import os
import sys

if __name__ == "__main__":
    said = {
        "words": sys.argv[1:],
        "environment": dict(os.environ),
        "folder": os.getcwd(),  # noqa: PTH109  as text
        "session": os.getsid(0),
        "pid": os.getpid(),
        "modules": sorted(sys.modules),
    }
    print(json.dumps(said))  # noqa: T201
    sys.stderr.write("loud\n")
    sys.exit(int(sys.argv[1]))
