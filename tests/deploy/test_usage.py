"""CPU and memory of each process are counted once, for the part that it belongs to."""

import os
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from deploy.local import usage

TREE = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE, text=True)
print(child.pid, child.stdout.readline(), flush=True)
child.wait()
"""
"""A process that has started another one, and prints that one's first line."""

LEAF = "import time; print(flush=True); time.sleep(600)"


@pytest.fixture
def tree() -> Iterator[list[int]]:
    """A process, one that it has started, and one that this one has started."""
    words = [sys.executable, "-c", TREE, TREE.replace("sys.argv[1]", repr(LEAF))]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as top:
        assert top.stdout
        below = [int(word) for word in top.stdout.readline().split()]
        yield [top.pid, *below]
        for pid in (top.pid, *below):
            psutil.Process(pid).kill()


def pids(processes: dict[str, list[psutil.Process]]) -> dict[str, set[int]]:
    return {part: {each.pid for each in those} for part, those in processes.items()}


def test_a_process_belongs_to_the_nearest_part_above_it(tree: list[int]) -> None:
    top, middle, leaf = tree

    assert pids(usage.processes_of({"all": top})) == {"all": {top, middle, leaf}}
    apart = usage.processes_of({"template": top, "service": middle})
    assert pids(apart) == {"template": {top}, "service": {middle, leaf}}


def test_another_thread_that_iterates_over_processes_changes_nothing(
    tree: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    process_iter = psutil.process_iter

    def iterated_twice(*attributes: list[str]) -> Iterator[psutil.Process]:
        yield from process_iter(*attributes)
        assert list(process_iter(["name"]))

    monkeypatch.setattr(psutil, "process_iter", iterated_twice)

    assert pids(usage.processes_of({"all": tree[0]})) == {"all": set(tree)}


def test_memory_and_cpu_of_parts_below_others_are_counted_once(tree: list[int]) -> None:
    top, middle, _ = tree
    parts = {"template": top, "service": middle}

    apart, together = usage.pss_mb(parts), usage.pss_mb({"all": top})
    spent, whole = usage.read(parts), usage.read({"all": top})

    assert sum(apart.values()) == pytest.approx(together["all"], rel=0.1)
    assert spent.total == pytest.approx(whole.total, abs=0.1)


def test_a_part_that_has_ended_uses_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()

    assert usage.pss_mb({"gone": gone.pid, "mine": os.getpid()})["gone"] == 0
    assert usage.read({"gone": gone.pid}).total == 0
