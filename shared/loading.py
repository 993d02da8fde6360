"""Loading a program's code: nothing of it is garbage, so that looking for any is lost time.

Python looks for cycles each time that some hundreds of objects were made: a fifth of the time
in which a service starts.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Look for no cycles while code is loaded."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
