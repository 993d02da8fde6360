"""Every service has the same packages, and a docstring that says what it owns."""

import ast
from pathlib import Path

import pytest

from tests.conftest import SERVICES

PACKAGES = {
    "domain",
    "tables",
    "store",
    "handlers",
    "commands",
    "api",
    "app",
    "__main__",
    "migrations",
}
FURTHER = {"order": {"takeover"}, "provisioning": {"adapters"}}
OPTIONAL = {"data", "settings"}
"""Only in services that need them."""

MAX_LINES = 300


def packages_of(service: str) -> set[str]:
    """Return the names of the modules and packages of a service."""
    inside = Path("services", service).iterdir()
    return {path.stem for path in inside} - {"__init__", "__pycache__"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_these_packages_and_no_others(service: str) -> None:
    assert packages_of(service) - OPTIONAL == PACKAGES | FURTHER.get(service, set())


@pytest.mark.parametrize("service", SERVICES)
def test_the_docstring_says_what_a_service_owns_consumes_publishes_and_answers(
    service: str,
) -> None:
    docstring = (
        ast.get_docstring(ast.parse(Path("services", service, "__init__.py").read_text())) or ""
    )

    for word in ("Owns", "Consumes", "Publishes", "API"):
        assert f"\n{word}" in docstring, f"the docstring of {service} has no {word}"


def test_no_file_has_more_than_300_lines() -> None:
    long = [
        f"{path}: {lines}"
        for folder in ("shared", "services", "tools", "deploy", "tests")
        for path in Path(folder).rglob("*.py")
        if "migrations" not in path.parts
        if (lines := len(path.read_text().splitlines())) > MAX_LINES
    ]

    assert long == []
