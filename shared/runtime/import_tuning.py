"""Loading a program's code, at no more cost than it needs.

Nothing of it is garbage, so that looking for any is lost time: Python looks for cycles each time
that some hundreds of objects were made, a fifth of the time in which a service starts.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import cast


@contextmanager
def fast_imports(*, without: str = "") -> Iterator[None]:
    """Look for no cycles while code is loaded.

    Args:
        without: a library that others load where it is installed, and do without where it is
            not; one that is loaded already stays. A service leaves out `rich`, which structlog
            would colour tracebacks with: 4 MB of memory in each process.
    """
    modules = cast("dict[str, ModuleType | None]", sys.modules)
    gc.disable()
    is_hidden = bool(without) and without not in modules
    if is_hidden:
        modules[without] = None
    try:
        yield
    finally:
        if is_hidden:
            modules.pop(without, None)
        gc.enable()
