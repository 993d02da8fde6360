"""The assignment of a batch has few statements, whatever its size and its kinds of resources."""

import pytest

from shared.contracts import Need
from shared.persistence.database import Sessions
from tests.kernel import statements
from tests.resources.builders import (
    FIBRE,
    NUMBER,
    PAIR,
    an_assignment_request,
    e164,
    import_plant,
)
from tests.resources.concurrency import assign_values
from tests.resources.new_kinds import IPTV_PORT, import_blocks_of, publish

PICKED_NUMBER = Need(kind="number", picked=e164(5))
PICKED_PORT = Need(kind="iptv-port", picked="X/0000002")
MIXED = (NUMBER, PAIR, Need(kind="iptv-port"), *FIBRE)
PLAIN = ("SAVEPOINT", "addresses", "pool_kinds", "LATERAL", "UPDATE")
"""Of a batch: a savepoint, the plant of the addresses, the kinds that are not of the release, the
free resources, the new holders."""


@pytest.mark.parametrize(
    ("picks", "more"),
    [((), 0), ((PICKED_NUMBER,), 1), ((PICKED_PORT,), 1), ((PICKED_NUMBER, PICKED_PORT), 2)],
    ids=["no picks", "a number", "a port", "both"],
)
def test_a_batch_has_one_statement_for_each_table_with_picks(
    sessions: Sessions, picks: tuple[Need, ...], more: int
) -> None:
    import_plant(sessions)
    publish(sessions, IPTV_PORT)
    import_blocks_of(sessions, IPTV_PORT, "X", 4)

    with sessions.begin() as session, statements(sessions) as executed:
        found = assign_values(
            session, an_assignment_request(1, *MIXED, *picks), an_assignment_request(2)
        )

    assert None not in found
    of_batch = [each for each in executed if "lock_timeout" not in each]
    assert len(of_batch) == len(PLAIN) + more
    assert all(any(word in each for each in of_batch) for word in PLAIN)


def test_kinds_of_the_release_are_not_read_from_the_database(sessions: Sessions) -> None:
    import_plant(sessions)

    with sessions.begin() as session, statements(sessions) as executed:
        assign_values(session, an_assignment_request(1, NUMBER, PAIR, *FIBRE))

    assert [each for each in executed if "pool_kinds" in each] == []
