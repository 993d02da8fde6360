"""The verification judges the histories and states of all kinds of resources."""

from collections.abc import Iterable
from typing import Any, cast

import pytest
from sqlalchemy import text

from shared.contracts import Action, Need
from shared.persistence.database import Sessions
from tests.resources.builders import (
    FIBRE,
    NUMBER,
    PAIR,
    a_release_request,
    a_splitter,
    an_assignment_request,
    completed,
    handle,
    import_plant,
    scheduled_messages,
)
from tests.resources.new_kinds import IPTV_PORT, import_blocks_of, publish
from tools.verify.histories import LAST_OF_PLANT, check_against_history, plant
from tools.verify.resources import pools_add_up, states_and_holders_agree
from tools.verify.stack_data import Row, StackData
from tools.verify.transitions import every_transition_is_legal


class InventoryData:
    """The database of resources; the other services have nothing."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def rows(self, service: str, statement: str) -> list[Row]:
        """Return the rows of a query."""
        if service != "resources":
            return []
        with self._sessions() as session:
            return list(session.execute(text(statement)))


def faults(sessions: Sessions) -> list[str]:
    """Return what the verification finds wrong in the inventory."""
    stack_data = cast("StackData", InventoryData(sessions))
    checks: tuple[Iterable[Any], ...] = (
        every_transition_is_legal(stack_data),
        check_against_history(stack_data, "resources", LAST_OF_PLANT, plant(stack_data)),
        pools_add_up(stack_data),
        states_and_holders_agree(stack_data),
    )
    return [each for check in checks for each in check if each]


def tamper(sessions: Sessions, statement: str) -> None:
    """Change the history, which the database refuses otherwise."""
    with sessions.begin() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text(statement))


@pytest.fixture
def used(sessions: Sessions) -> Sessions:
    """A database in which resources of all kinds, also of a new one, were assigned and released."""
    import_plant(sessions, splitters=[a_splitter(faulty_legs=1)])
    publish(sessions, IPTV_PORT)
    import_blocks_of(sessions, IPTV_PORT, "X", 3)
    needs = (NUMBER, PAIR, *FIBRE, Need(kind=IPTV_PORT.name))
    handle(sessions, an_assignment_request(1, *needs))
    handle(sessions, completed(1))
    handle(sessions, a_release_request(2, of=1))
    handle(sessions, completed(2, Action.DELETE, of=1))
    for at, message in scheduled_messages(sessions):
        handle(sessions, message, now=at)
    handle(sessions, an_assignment_request(3, *needs))
    return sessions


def test_nothing_is_wrong_after_the_life_of_resources_of_every_kind(used: Sessions) -> None:
    assert faults(used) == []


@pytest.mark.parametrize("kind", ["number", "pair", "iptv-port"])
def test_an_illegal_transition_of_any_kind_is_named(used: Sessions, kind: str) -> None:
    tamper(used, f"UPDATE history SET was = 'in_use' WHERE kind = '{kind}' AND became = 'reserved'")  # noqa: S608

    found = faults(used)

    assert any(kind in each and "from in_use to reserved" in each for each in found)
    assert not any("+86" in each for each in found)


def test_a_state_that_is_not_in_the_history_is_named(used: Sessions) -> None:
    tamper(used, "DELETE FROM history WHERE kind = 'iptv-port'")

    assert any("iptv-port" in each and "the history says nothing" in each for each in faults(used))
