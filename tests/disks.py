"""Small disks that a test can fill and free again."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

CHUNK = 1 << 20


@dataclass(frozen=True)
class Disk:
    """A mounted file system."""

    place: Path

    def fill(self) -> None:
        """Write to it until the kernel refuses a single byte."""
        with self._filler.open("ab", buffering=0) as filler:
            space = os.statvfs(self.place)
            with suppress(OSError):  # others write there too
                os.posix_fallocate(filler.fileno(), 0, space.f_bfree * space.f_frsize)
            size = CHUNK
            while size:
                try:
                    filler.write(bytes(size))
                except OSError:
                    size //= 2

    def free(self) -> None:
        """Delete the file that fills it."""
        self._filler.unlink()

    @property
    def _filler(self) -> Path:
        return self.place / "filler"


def mount(place: Path, size_mb: int) -> str:
    """Mount a disk at an existing folder; return the error, or an empty text."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode=755", "tmpfs", str(place)]
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    except FileNotFoundError:
        return "there is no program mount"
    return done.stderr.strip() if done.returncode else ""


def unmount(place: Path) -> None:
    """Unmount a disk; its contents are gone once its last file is closed."""
    subprocess.run(["umount", "--lazy", str(place)], check=True)  # noqa: S603, S607


@contextmanager
def disk(place: Path, size_mb: int) -> Iterator[Disk]:
    """A disk in a folder until the block ends; the test is skipped if mounting is not allowed."""
    place.mkdir(parents=True, exist_ok=True)
    if why := mount(place, size_mb):
        pytest.skip(f"no disk may be mounted here: {why}")
    try:
        yield Disk(place)
    finally:
        unmount(place)


@contextmanager
def moved_to_disk(place: Path, size_mb: int) -> Iterator[Disk]:
    """Put a folder with all that it holds on a disk until the block ends."""
    aside = place.with_suffix(".aside")
    shutil.move(place, aside)
    with disk(place, size_mb) as found:
        subprocess.run(["cp", "-a", f"{aside}/.", str(place)], check=True)  # noqa: S603, S607
        shutil.rmtree(aside)
        yield found
