"""Prints the state of its process as JSON, and exits with the given status."""

import json
import os
import signal
import sys

if __name__ == "__main__":
    with open("/proc/self/status") as status:  # noqa: PTH123  no module that python has not loaded
        masks = [line for line in status if line.startswith("Sig")]
    state = {
        "words": sys.argv[1:],
        "environment": dict(os.environ),
        "folder": os.getcwd(),  # noqa: PTH109  as text
        "session": os.getsid(0),
        "pid": os.getpid(),
        "modules": sorted(sys.modules),
        "signals": [str(signal.getsignal(each)) for each in sorted(signal.valid_signals())],
        "masks": [line for line in masks if not line.startswith("SigQ")],
        "files": sorted(os.listdir("/proc/self/fd")),  # noqa: PTH208
    }
    print(json.dumps(state), flush=True)  # noqa: T201
    sys.stderr.write("loud\n")
    sys.exit(int(sys.argv[1]))
