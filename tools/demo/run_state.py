"""What has happened so far: shared by those who load, post, follow and draw."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tools.demo.demo_plan import PlannedPost
from tools.demo.scenarios import Variation

WAIT_S = 0.2


class DemoStoppedError(Exception):
    """The demonstration is over before its end: there is nothing to wait for."""


class OrderResponse(NamedTuple):
    """What was answered to a post."""

    status: int
    body: Any
    content: bytes
    """The body as it came."""

    @property
    def order_id(self) -> str:
        """The order that was accepted, now or earlier; empty if none was."""
        return str(self.body["id"]) if self.status == 201 else ""  # noqa: PLR2004


@dataclass
class RunState:
    """What has happened so far. Whoever waits for something is told of every change."""

    posts: Sequence[PlannedPost]
    loaded: set[str] = field(default_factory=set)
    """Local networks."""

    numbers: int = 0
    """How many were loaded."""

    answers: dict[int, OrderResponse] = field(default_factory=dict)
    """By the post's number."""

    ended: dict[str, Any] = field(default_factory=dict)
    """Orders as they ended, by id."""

    failure: BaseException | None = None
    """Why the demonstration cannot go on."""

    _change: threading.Condition = field(default_factory=threading.Condition)
    _over: threading.Event = field(default_factory=threading.Event)

    def note(self, change: Callable[[], object]) -> None:
        """Change something, and tell those who wait."""
        with self._change:
            change()
            self._change.notify_all()

    def note_loaded(self, network: str, numbers: int) -> None:
        """Note that a city was loaded."""

        def change() -> None:
            self.loaded.add(network)
            self.numbers += numbers

        self.note(change)

    def note_answer(self, planned: PlannedPost, answer: OrderResponse) -> None:
        """Note what was answered to a post."""
        self.note(lambda: self.answers.update({planned.number: answer}))

    def note_end(self, order: dict[str, Any]) -> None:
        """Note how an order ended."""
        self.note(lambda: self.ended.update({order["id"]: order}))

    def run_guarded(self, work: Callable[[], None]) -> None:
        """Do some of the work; if it fails, nobody needs to wait for it any longer."""
        try:
            work()
        except BaseException as failure:
            self.stop(failure)
            raise

    def stop(self, failure: BaseException) -> None:
        """Let nobody wait any longer; the first reason stays."""
        self.note(lambda: setattr(self, "failure", self.failure or failure))
        self._over.set()

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Return when something has happened.

        Raises:
            OverError: if it will not happen any more.
        """
        with self._change:
            while not condition():
                self.check()
                self._change.wait(WAIT_S)

    def check(self) -> None:
        """See that there is a reason to go on.

        Raises:
            OverError: if there is none.
        """
        if self.failure:
            raise DemoStoppedError

    def pause(self, seconds: float) -> None:
        """Let some time pass.

        Raises:
            OverError: if it is over meanwhile.
        """
        self.check()
        self._over.wait(seconds)

    def wait_for_turn(self, planned: PlannedPost) -> None:
        """Return when a post can be made: its city is there, and what it comes back to.

        Raises:
            OverError: if that will not be any more.
        """
        self.wait_for(lambda: planned.address.local_network in self.loaded)
        if planned.earlier:
            number = planned.earlier.number
            self.wait_for(lambda: number in self.answers)
            if planned.scenario.variation is Variation.DISCONNECT:
                order_id = self.answers[number].order_id
                self.wait_for(lambda: not order_id or order_id in self.ended)

    @property
    def accepted(self) -> set[str]:
        """The orders that were accepted."""
        return {each.order_id for each in list(self.answers.values()) if each.order_id}

    @property
    def open(self) -> set[str]:
        """The orders that have not ended."""
        return self.accepted - self.ended.keys()

    @property
    def is_done(self) -> bool:
        """Tell whether everything was posted and has ended."""
        return len(self.answers) == len(self.posts) and not self.open
