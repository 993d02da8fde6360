"""The folders for the state of this checkout on this machine."""

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from deploy.local.errors import StartError

CHECKOUT = Path(__file__).resolve().parents[2]

PRIVATE_ROOTS = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108  a private folder in it


def home() -> Path:
    """Return the folder that holds all state: `KAITONG_HOME`, or `.kaitong` in the checkout."""
    named = os.environ.get("KAITONG_HOME")
    return Path(named).expanduser().resolve() if named else CHECKOUT / ".kaitong"


def path_digest(path: Path) -> str:
    """Return a short, stable and unique name for a path."""
    return hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:12]


def folder_for_unprivileged_user() -> Path:
    """Return root's folder for files that an unprivileged user must reach; make it if missing.

    The home may be inside a folder that only its owner may enter, and its permissions are not
    widened: therefore a second folder exists, named after the home's path.

    Raises:
        StartError: No folder can be made in either of the roots.
    """
    name = f"kaitong-{path_digest(home())}"
    for folder in (root / name for root in PRIVATE_ROOTS):
        with contextlib.suppress(OSError):
            folder.mkdir(mode=0o711, exist_ok=True)
            folder.chmod(0o711)
            if folder.stat().st_uid == os.getuid() and not folder.is_symlink():
                return folder
    message = "PostgreSQL: neither /var/lib nor /var/tmp is writable; make one of them writable"
    raise StartError(message)


@contextlib.contextmanager
def hold_lock(name: str) -> Iterator[None]:
    """Hold a lock of this home while the block runs; other processes wait."""
    folder = home() / "run"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
