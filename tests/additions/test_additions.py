"""Following docs/develop.md adds a product, a business action, a pool kind and an adapter.

Each addition touches the files that its section names and no others, and the tests that the
section names pass with it, and fail while it is incomplete. They are tried together, with the
tests that fail while one of them is incomplete; with `KAITONG_TEST_ADDITIONS` each is tried alone,
with all tests that its section names and the type checker (docs/local.md).
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

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
from tests.additions.edits import Addition, AnchorError, insert_after
from tests.additions.page import Section, covers, filled_in, section
from tests.additions.pool_kind import AGP
from tests.additions.product import CATV

Additions: TypeAlias = Sequence[Addition]

ADDITIONS = (CATV, CEASE, AGP, MML)
IS_LONG = bool(os.environ.get("KAITONG_TEST_ADDITIONS"))
TRIED: Sequence[Additions] = [(each,) for each in ADDITIONS] if IS_LONG else [ADDITIONS]
"""What is in the copy at a time: every start of pytest costs seconds."""

each_addition = pytest.mark.parametrize("addition", ADDITIONS, ids=lambda each: each.name)


def named(addition: Addition) -> Section:
    """Return what its section names, with its words for the placeholders."""
    found = section(addition.section)
    paths = tuple(filled_in(each, addition.placeholders) for each in found.paths)
    return found._replace(paths=paths)


def to_touch(addition: Addition) -> list[str]:
    """Return what its section names, without what is for other cases."""
    return [each for each in named(addition).paths if each not in addition.not_needed]


def all_tests(tried: Additions, copy: Path) -> set[str]:
    """Return the tests that the sections name, as files and folders of the copy."""
    tests = {test for each in tried for test in named(each).tests}
    return {str(path.relative_to(copy)) for test in tests for path in copy.glob(test)}


def quick_tests(tried: Additions) -> set[str]:
    """Return those of them that fail while one of the additions is incomplete."""
    return {test for each in tried for test in each.incomplete.values()}


@pytest.fixture(scope="module")
def checkout() -> Iterator[Path]:
    """A copy of the checkout."""
    files = tracked_files()
    if not files:
        pytest.skip("there is no checkout of Git to copy")
    with TemporaryDirectory(prefix="kaitong-additions-") as folder:
        copy_checkout(files, Path(folder))
        yield Path(folder)


@pytest.fixture(
    scope="module", params=TRIED, ids=lambda tried: ", ".join(each.name for each in tried)
)
def tried(request: pytest.FixtureRequest) -> Additions:
    """The additions that are in the copy."""
    found: Additions = request.param
    return found


@pytest.fixture(scope="module")
def copy(checkout: Path, tried: Additions) -> Iterator[Path]:
    """A copy of the checkout with additions."""
    generated = {path: by for each in tried for path, by in named(each).generated.items()}
    for each in tried:
        each.apply(checkout)
    generate(checkout, generated)
    yield checkout
    for path in {path for each in tried for path in each.touched} | set(generated):
        restore(path, checkout)


@each_addition
def test_it_touches_the_files_that_its_section_names_and_no_others(addition: Addition) -> None:
    paths, touched = to_touch(addition), addition.touched

    assert [it for it in touched if not any(covers(each, it) for each in paths)] == []
    assert [it for it in paths if not any(covers(it, each) for each in touched)] == []


@each_addition
def test_what_it_leaves_out_is_in_its_section(addition: Addition) -> None:
    files = [test.partition("::")[0] for test in addition.incomplete.values()]
    tests = named(addition).tests

    assert set(addition.not_needed) - set(named(addition).paths) == set()
    assert [path for path in named(addition).generated if not Path(path).is_file()] == []
    assert set(addition.incomplete) - addition.touched == set()
    assert [file for file in files if not any(covers(each, file) for each in tests)] == []


def test_the_tests_that_the_sections_name_pass(tried: Additions, copy: Path) -> None:
    tests = all_tests(tried, copy) if IS_LONG else quick_tests(tried)

    outcome = run_tests(copy, sorted(tests))

    assert outcome.returncode == 0, outcome.stdout


def test_without_one_of_the_files_a_test_of_the_section_fails(tried: Additions, copy: Path) -> None:
    expected = {path: test for each in tried for path, test in each.incomplete.items()}
    complete = {path: (copy / path).read_text() for path in expected}
    for path in expected:
        restore(path, copy)

    outcome = run_tests(copy, expected.values())

    for path, text in complete.items():
        (copy / path).write_text(text)
    failed = [line for line in outcome.stdout.splitlines() if line.startswith("FAILED")]
    passed = {
        path: test
        for path, test in expected.items()
        if not any(line.startswith(f"FAILED {test}") for line in failed)
    }
    assert passed == {}, outcome.stdout


def test_the_linter_accepts_them(tried: Additions, copy: Path) -> None:
    touched = {path for each in tried for path in each.touched if path.endswith(".py")}

    for words in (("check",), ("format", "--check")):
        outcome = run(copy, "ruff", *words, *touched)
        assert outcome.returncode == 0, outcome.stdout


@pytest.mark.skipif(not IS_LONG, reason="KAITONG_TEST_ADDITIONS is not set")
def test_types_are_right(copy: Path) -> None:
    outcome = run(copy, "mypy")

    assert outcome.returncode == 0, outcome.stdout


def test_an_anchor_that_is_gone_is_named_with_its_addition(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("ONE = 1\n")
    addition = Addition(
        name="kind x", section="A pool kind", edits=(insert_after("a.py", "TWO", "THREE"),)
    )

    with pytest.raises(AnchorError, match=r"addition kind x, a\.py: the anchor .* 'TWO'"):
        addition.apply(tmp_path)
