"""Every service has the same packages, and a docstring that says what it owns."""

import ast
from pathlib import Path

import pytest

from shared import contracts
from shared.contracts import Message
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

PARTS_OF_API = {"routes", "schemas", "views", "examples"}
MAX_LINES = 300


def packages_of(service: str) -> set[str]:
    """Return the names of the modules and packages of a service."""
    inside = Path("services", service).iterdir()
    return {path.stem for path in inside} - {"__init__", "__pycache__"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_these_packages_and_no_others(service: str) -> None:
    assert packages_of(service) - OPTIONAL == PACKAGES | FURTHER.get(service, set())


@pytest.mark.parametrize("service", SERVICES)
def test_the_api_of_a_service_has_these_parts_and_no_others(service: str) -> None:
    inside = Path("services", service, "api").iterdir()

    assert {path.stem for path in inside} - {"__init__", "__pycache__"} == PARTS_OF_API


def messages_in(source: str) -> list[str]:
    """Return the message contracts that a module imports from `shared.contracts`."""
    imports = [each for each in ast.walk(ast.parse(source)) if isinstance(each, ast.ImportFrom)]
    names = [
        alias.name for each in imports if each.module == "shared.contracts" for alias in each.names
    ]
    found = {name: getattr(contracts, name) for name in names}
    return [
        name for name, each in found.items() if isinstance(each, type) and issubclass(each, Message)
    ]


def test_no_store_imports_a_message_from_the_package_of_all_contracts() -> None:
    """The linter's contract forbids the modules; their package names the messages as well."""
    modules = Path("services").glob("*/store/**/*.py")

    assert {str(path): found for path in modules if (found := messages_in(path.read_text()))} == {}
    assert messages_in("from shared.contracts import OrderAccepted, OrderState") == [
        "OrderAccepted"
    ]


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
