"""Fetch Kafka's jars from Maven Central, each checked against the lock.

Run as `python jars.py LOCK FOLDER`, never imported: it needs jgo's packages, which the
rest of Kaitong does not have. Prints the name of each jar that is in its place.
"""

import hashlib
import logging
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from jgo.maven import MavenContext

AT_A_TIME = 8
ATTEMPTS = 3


def main() -> None:
    """Fetch the jars that are missing or damaged."""
    lock, folder = map(Path, sys.argv[1:3])
    logging.disable()
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        repository = MavenContext(repo_cache=folder, local_repos=[], timeout=30)
        for name in pool.map(partial(fetch_jar, repository), *zip(*locked_jars(lock), strict=True)):
            print(name, flush=True)  # noqa: T201  the caller reads it


def locked_jars(lock: Path) -> Iterator[tuple[str, str]]:
    """Yield the sha256 and the repository path of each jar."""
    for line in lock.read_text().splitlines():
        checksum, path = line.split()
        yield checksum, path


def fetch_jar(repository: MavenContext, checksum: str, repository_path: str) -> str:
    """Fetch a jar unless it is there with the locked checksum; return its name."""
    *group, name, version, file = repository_path.split("/")
    jar = repository.project(".".join(group), name).at_version(version).artifact()
    for _ in range(ATTEMPTS):
        path = jar.resolve()
        if hashlib.sha256(path.read_bytes()).hexdigest() == checksum:
            return file
        path.unlink()  # truncated by an interruption, or not the locked file
    message = f"checksum of {file} is not the locked one"
    raise ValueError(message)


main()
