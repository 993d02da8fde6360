"""Loading code without looks for cycles."""

import gc

import pytest

from shared.loading import loading


def test_no_cycles_are_looked_for_while_code_is_loaded_and_later_they_are() -> None:
    with loading():
        meanwhile = gc.isenabled()

    assert (meanwhile, gc.isenabled()) == (False, True)


def test_a_program_that_cannot_be_loaded_leaves_things_as_they_were() -> None:
    with pytest.raises(ImportError), loading():
        raise ImportError

    assert gc.isenabled()
