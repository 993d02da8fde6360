"""The state of a run, shared by the threads that load, post, follow and draw."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tools.demo.demo_plan import PlannedPost

WAIT_S = 0.2


class DemoStoppedError(Exception):
    """The demonstration was stopped before its end."""


class OrderResponse(NamedTuple):
    """The response to a post."""

    status: int
    body: Any
    content: bytes
    """The body as received."""

    @property
    def order_id(self) -> str:
        """The id of the order that was accepted, now or earlier; empty if none was."""
        return str(self.body["id"]) if self.status == 201 else ""  # noqa: PLR2004


@dataclass
class RunState:
    """The state of a run. Every change wakes the threads that wait for a condition."""

    posts: Sequence[PlannedPost]
    loaded: set[str] = field(default_factory=set)
    """The local networks that are loaded."""

    numbers: int = 0
    """The count of loaded numbers."""

    answers: dict[int, OrderResponse] = field(default_factory=dict)
    """By the post's number."""

    ended: dict[str, Any] = field(default_factory=dict)
    """Orders in their final state, by id."""

    failure: BaseException | None = None
    """Why the demonstration was stopped."""

    _change: threading.Condition = field(default_factory=threading.Condition)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def apply_and_notify(self, change: Callable[[], object]) -> None:
        """Apply a change, and wake the waiting threads."""
        with self._change:
            change()
            self._change.notify_all()

    def note_loaded(self, network: str, numbers: int) -> None:
        """Record that a city was loaded."""

        def change() -> None:
            self.loaded.add(network)
            self.numbers += numbers

        self.apply_and_notify(change)

    def note_answer(self, planned: PlannedPost, answer: OrderResponse) -> None:
        """Record the response to a post."""
        self.apply_and_notify(lambda: self.answers.update({planned.number: answer}))

    def note_end(self, order: dict[str, Any]) -> None:
        """Record an order in its final state."""
        self.apply_and_notify(lambda: self.ended.update({order["id"]: order}))

    def run_guarded(self, work: Callable[[], None]) -> None:
        """Run a part of the work; if it fails, stop the demonstration."""
        try:
            work()
        except BaseException as failure:
            self.stop(failure)
            raise

    def stop(self, failure: BaseException) -> None:
        """Stop the demonstration and wake all threads; the first failure is kept."""
        self.apply_and_notify(lambda: setattr(self, "failure", self.failure or failure))
        self._stopped.set()

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds.

        Raises:
            DemoStoppedError: the demonstration is stopped before that.
        """
        with self._change:
            while not condition():
                self.raise_if_stopped()
                self._change.wait(WAIT_S)

    def raise_if_stopped(self) -> None:
        """Check that the demonstration is not stopped.

        Raises:
            DemoStoppedError: it is.
        """
        if self.failure:
            raise DemoStoppedError

    def sleep_unless_stopped(self, seconds: float) -> None:
        """Wait for a time, or until the demonstration is stopped.

        Raises:
            DemoStoppedError: it was stopped before.
        """
        self.raise_if_stopped()
        self._stopped.wait(seconds)

    def wait_for_turn(self, planned: PlannedPost) -> None:
        """Wait until a post can be made: its city is loaded and its earlier post is answered.

        Raises:
            DemoStoppedError: the demonstration is stopped before that.
        """
        self.wait_for(lambda: planned.address.local_network in self.loaded)
        if planned.earlier:
            number = planned.earlier.number
            self.wait_for(lambda: number in self.answers)
            if planned.scenario.changes_products:
                order_id = self.answers[number].order_id
                self.wait_for(lambda: not order_id or order_id in self.ended)

    @property
    def accepted_order_ids(self) -> set[str]:
        """The ids of the orders that were accepted."""
        return {each.order_id for each in list(self.answers.values()) if each.order_id}

    @property
    def open_order_ids(self) -> set[str]:
        """The ids of the accepted orders that have not ended."""
        return self.accepted_order_ids - self.ended.keys()

    @property
    def is_done(self) -> bool:
        """Return whether everything was posted and has ended."""
        return len(self.answers) == len(self.posts) and not self.open_order_ids
