"""Every service has the same rooms, and a card at the door that says what it owns."""

import ast
from pathlib import Path

import pytest

from tests.conftest import SERVICES

ROOMS = {"domain", "tables", "store", "handlers", "api", "app", "__main__", "migrations"}
ALSO = {"order": {"takeover"}, "provisioning": {"adapters", "commands"}}
SPECIAL = {"data", "settings"}
"""Only where there is something to keep in them."""

LONGEST = 300


def rooms_of(service: str) -> set[str]:
    """Return the names of what lies directly in a service's folder."""
    inside = Path("services", service).iterdir()
    return {path.stem for path in inside} - {"__init__", "__pycache__"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_these_rooms_and_no_others(service: str) -> None:
    assert rooms_of(service) - SPECIAL == ROOMS | ALSO.get(service, set())


@pytest.mark.parametrize("service", SERVICES)
def test_the_card_says_what_a_service_owns_hears_tells_and_answers(service: str) -> None:
    card = ast.get_docstring(ast.parse(Path("services", service, "__init__.py").read_text())) or ""

    for word in ("Owns", "Hears", "Tells", "API"):
        assert f"\n{word}" in card, f"{service} does not say what it {word}"


def test_no_file_is_longer_than_a_reader_is_patient() -> None:
    long = [
        f"{path}: {lines}"
        for room in ("shared", "services", "tools", "deploy", "tests")
        for path in Path(room).rglob("*.py")
        if "migrations" not in path.parts
        if (lines := len(path.read_text().splitlines())) > LONGEST
    ]

    assert long == []
