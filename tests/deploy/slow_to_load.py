"""Takes until its log says something to be imported."""

import os
import time

while not os.fstat(1).st_size:
    time.sleep(0.02)
