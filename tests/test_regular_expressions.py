"""Regular expressions match only the digits 0 to 9."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.order.domain.catalogue.characteristic_values import compile_pattern

ANY_SCRIPT = {
    Path("shared/observability/masking.py"): "hides numbers however they are written",
    Path("tools/verify/logs.py"): "finds numbers however they are written",
}
"""Modules that match the digits of all scripts, with the reason."""


def texts(path: Path) -> Iterator[str]:
    """Yield every text of a module that has a pattern of digits, docstrings included."""
    source = path.read_text()
    if r"\d" not in source:
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_no_pattern_matches_digits_of_other_scripts() -> None:
    loose = [
        str(path)
        for folder in ("shared", "services", "tools", "deploy")
        for path in sorted(Path(folder).rglob("*.py"))
        if path not in ANY_SCRIPT and any(r"\d" in text and "`" not in text for text in texts(path))
    ]

    assert loose == []


@pytest.mark.parametrize("pattern", [r"\d{3}", r"\w{3}"])
def test_a_pattern_of_the_catalogue_means_ascii(pattern: str) -> None:
    assert compile_pattern(pattern).fullmatch("025")
    assert not compile_pattern(pattern).fullmatch("02\uff15")
