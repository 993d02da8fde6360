"""Imports without garbage collection, and without a library."""

import gc
import importlib.util
import sys

import pytest

from shared.runtime.import_tuning import fast_imports


def test_garbage_collection_is_off_while_code_is_loaded_and_on_again_afterwards() -> None:
    with fast_imports():
        during = gc.isenabled()

    assert (during, gc.isenabled()) == (False, True)


def test_a_program_that_cannot_be_loaded_leaves_things_as_they_were() -> None:
    with pytest.raises(ImportError), fast_imports():
        raise ImportError

    assert gc.isenabled()


def test_a_library_that_is_left_out_is_as_if_it_were_not_installed_and_later_it_is_there() -> None:
    with fast_imports(without="this"), pytest.raises(ImportError):
        import this  # noqa: F401, PLC0415  nothing else imports it

    assert importlib.util.find_spec("this")


def test_a_library_that_is_loaded_already_stays() -> None:
    with fast_imports(without="gc"):
        assert sys.modules["gc"] is gc

    assert sys.modules["gc"] is gc
