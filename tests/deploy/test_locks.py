"""The lock files: every package has a version and a hash, and no download address."""

import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from deploy.local.home import CHECKOUT
from deploy.local.packages import JARS_LOCK

LOCKS = sorted(CHECKOUT.glob("requirements*.txt"))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_package_has_a_version_and_a_hash(lock: Path) -> None:
    entries = re.split(r"^(?=\w)", lock.read_text(), flags=re.MULTILINE)[1:]
    assert entries
    assert all(re.match(r"[\w.-]+==\S+ ", it) and "--hash=sha256:" in it for it in entries)


@pytest.mark.parametrize("lock", [*LOCKS, JARS_LOCK], ids=lambda lock: lock.name)
def test_no_lock_binds_its_users_to_an_address(lock: Path) -> None:
    text = lock.read_text()
    assert not re.search(
        r"://|--(extra-)?index-url|--find-links", text.replace("--no-emit-index-url", "")
    )


def test_the_tests_run_on_the_versions_that_run() -> None:
    def versions(name: str) -> set[str]:
        return set(re.findall(r"^[\w.-]+==\S+", (CHECKOUT / name).read_text(), flags=re.MULTILINE))

    assert versions("requirements.txt") <= versions("requirements-dev.txt")


def test_every_installed_dependency_is_used() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    named = {re.split(r"[^\w-]", each)[0] for each in project["dependencies"]}
    folders = [CHECKOUT / folder for folder in ("shared", "services", "tools", "deploy")]
    code = "\n".join(file.read_text() for folder in folders for file in folder.rglob("*.py"))
    modules = set(re.findall(r"^\s*(?:import|from) (\w+)", code, flags=re.MULTILINE))
    distributions = packages_distributions()
    used = {dist for module in modules for dist in distributions.get(module, [])}
    assert named - {name.lower().replace("_", "-") for name in used} == {
        "httptools"
    }  # uvicorn's parser


def test_every_jar_has_its_place_and_its_sha256() -> None:
    for line in JARS_LOCK.read_text().splitlines():
        assert re.fullmatch(r"[0-9a-f]{64}  [\w./-]+/([\w.-]+)/([\w.-]+)/\1-\2\.jar", line)
