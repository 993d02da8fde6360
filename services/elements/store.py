"""What the simulated elements remember: answers, and what is configured."""

from collections import Counter
from collections.abc import Iterator

from services.elements.domain import Answer, Operation, Work, kinds_of
from services.elements.faults import Faults
from services.elements.journal import Answered, Entry, Ordered

Thing = tuple[str, str]
"""A subject, and the account, profile, ... that it has."""


class Element:
    """One element: the answers it gave, what they left configured, the faults it suffers."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.faults = Faults()
        self.effects: Counter[str] = Counter()
        self._answers: dict[str, Answer] = {}
        self._installed: dict[Thing, Operation] = {}

    def answered(self, operation_id: str) -> Answer | None:
        """Return what became of an operation, None for one never heard of."""
        return self._answers.get(operation_id)

    def installed(self, operation: Operation) -> Operation | None:
        """Return what made the thing that the operation is about, None if it is not there."""
        return self._installed.get(self._thing(operation))

    def active(self) -> Iterator[Operation]:
        """Yield what made each thing that is configured now."""
        return iter(self._installed.values())

    def remember(self, answer: Answer) -> None:
        """Keep an answer and change what is configured accordingly."""
        operation = answer.operation
        self._answers[operation.id] = answer
        work = kinds_of(self.name)[operation.kind].work
        if answer.refusal or work is Work.TEST:
            return
        if work is Work.INSTALL:
            self._installed[self._thing(operation)] = operation
        else:
            del self._installed[self._thing(operation)]
        self.effects[operation.id] += 1

    def _thing(self, operation: Operation) -> Thing:
        return operation.subject, kinds_of(self.name)[operation.kind].thing


class Network:
    """All elements that were told anything."""

    def __init__(self) -> None:
        self._elements: dict[str, Element] = {}

    def names(self) -> list[str]:
        """Return the names of the elements, sorted."""
        return sorted(self._elements)

    def look(self, name: str) -> Element:
        """Return an element for looking only: one never heard of stays so."""
        return self._elements.get(name) or Element(name)

    def element(self, name: str) -> Element:
        """Return an element, new if it was never heard of."""
        return self._elements.setdefault(name, self.look(name))

    def recall(self, entry: Entry) -> None:
        """Take in what a journal kept, in the order in which it was kept."""
        element = self.element(entry.element)
        match entry:
            case Answered():
                element.remember(entry.answer())
            case Ordered():
                element.faults = Faults(entry.faults)
