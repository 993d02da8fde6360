"""Following docs/develop.md adds a product, a business action, a pool kind and an adapter.

Each addition touches the files that its section names and no others, and the tests that the
section names pass with it, and fail while it is incomplete. `KAITONG_TEST_ADDITIONS=1` runs all of
these tests, and the linters (docs/local.md).
"""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.additions.adapter import MML
from tests.additions.business_action import CEASE
from tests.additions.checkout import (
    copy_checkout,
    generate,
    restore,
    run,
    run_tests,
    tracked_files,
)
from tests.additions.edits import Addition, AnchorError, InsertAfter
from tests.additions.page import Section, covers, filled_in, section
from tests.additions.pool_kind import AGP
from tests.additions.product import IPTV

ADDITIONS = (IPTV, CEASE, AGP, MML)
IS_LONG = bool(os.environ.get("KAITONG_TEST_ADDITIONS"))


def named(addition: Addition) -> Section:
    """Return what its section names, with its words for the placeholders."""
    found = section(addition.section)
    paths = tuple(filled_in(each, addition.placeholders) for each in found.paths)
    return found._replace(paths=paths)


@pytest.fixture(params=ADDITIONS, ids=lambda each: each.name, scope="module")
def addition(request: pytest.FixtureRequest) -> Addition:
    """The addition under test."""
    found: Addition = request.param
    return found


@pytest.fixture(scope="module")
def copy(addition: Addition) -> Iterator[Path]:
    """A copy of the checkout with the addition."""
    files = tracked_files()
    if not files:
        pytest.skip("there is no checkout of Git to copy")
    with TemporaryDirectory(prefix="kaitong-addition-") as folder:
        path = Path(folder)
        copy_checkout(files, path)
        addition.apply(path)
        generate(path, named(addition).generated)
        yield path


def test_it_touches_the_files_that_its_section_names_and_no_others(addition: Addition) -> None:
    paths = [each for each in named(addition).paths if each not in addition.not_needed]

    assert [it for it in addition.touched if not any(covers(each, it) for each in paths)] == []
    assert [it for it in paths if not any(covers(it, each) for each in addition.touched)] == []


def test_what_it_leaves_out_is_in_its_section(addition: Addition) -> None:
    assert set(addition.not_needed) - set(named(addition).paths) == set()
    assert set(addition.heavy) - set(named(addition).tests) == set()


def test_the_tests_that_its_section_names_pass(addition: Addition, copy: Path) -> None:
    tests = [
        str(path.relative_to(copy))
        for each in named(addition).tests
        if IS_LONG or each not in addition.heavy
        for path in copy.glob(each)
    ]

    outcome = run_tests(copy, tests)

    assert outcome.returncode == 0, outcome.stdout


def test_the_linter_accepts_it(addition: Addition, copy: Path) -> None:
    modules = [each for each in addition.touched if each.endswith(".py")]
    tools = [("ruff", "check"), ("ruff", "format", "--check")] if modules else []

    for each in tools:
        outcome = run(copy, *each, *modules)
        assert outcome.returncode == 0, outcome.stdout


@pytest.mark.skipif(not IS_LONG, reason="KAITONG_TEST_ADDITIONS is not set")
def test_types_and_imports_are_right(copy: Path) -> None:
    for tool in ("mypy", "importlinter.cli"):
        outcome = run(copy, tool)
        assert outcome.returncode == 0, outcome.stdout


def test_without_one_of_its_files_a_test_of_its_section_fails(
    addition: Addition, copy: Path
) -> None:
    for path, test in addition.incomplete.items():
        assert any(covers(each, test.partition("::")[0]) for each in named(addition).tests)
        complete = (copy / path).read_text()
        restore(path, copy)

        outcome = run_tests(copy, [test])

        (copy / path).write_text(complete)
        assert outcome.returncode == 1, f"{test} passes without {path}: {outcome.stdout}"


def test_an_anchor_that_is_gone_is_named_with_its_addition(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("ONE = 1\n")
    addition = Addition(
        name="kind x", section="A pool kind", edits=(InsertAfter("a.py", "TWO", "THREE"),)
    )

    with pytest.raises(AnchorError, match=r"addition kind x, a\.py: the anchor .* 'TWO'"):
        addition.apply(tmp_path)
