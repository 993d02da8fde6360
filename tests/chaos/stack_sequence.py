"""The stacks of a long run of restores, one after the other."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.failure_artifacts import save_artifacts
from tests.chaos.round_results import RoundResult
from tests.flows.site import Site, running

ROUNDS_PER_STACK = 5
"""Rounds on one stack: a database that grows takes longer to restore, and to check."""

START_S = 600.0
"""Seconds to start a stack on a busy machine."""


@dataclass
class StackSequence:
    """One stack after the other: each serves a few rounds, and none after a round with faults."""

    folder: Path
    opened: ExitStack
    """Closes the last one."""

    rounds: int = ROUNDS_PER_STACK
    count: int = 0
    site: Site | None = field(default=None)

    def next_site(self) -> Site:
        """Return a stack for one more round."""
        if self.site is None or self.rounds == ROUNDS_PER_STACK:
            self.opened.close()
            self.count += 1
            self.site = self.opened.enter_context(running(self.folder / f"stack-{self.count}"))
            self.rounds = 0
        self.rounds += 1
        return self.site

    def retire(self, number: int, outcome: RoundResult) -> Path:
        """Save the artifacts of a round with faults, and stop using its stack.

        Returns the folder of the artifacts.
        """
        assert self.site
        kept = save_artifacts(self.site, self.folder / f"round-{number}", outcome.faults)
        self.site = None
        return kept
