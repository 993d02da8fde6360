"""The list of the recoveries of a database."""

from datetime import timedelta

from shared.persistence.database import Sessions
from shared.recovery.recovery_store import all_recoveries
from tests.conftest import NOON
from tests.kernel import note_recovery

MANY = 50


def test_all_recoveries_are_listed_the_latest_first(sessions: Sessions) -> None:
    for number in range(MANY):
        note_recovery(sessions, NOON + timedelta(hours=number))

    with sessions() as session:
        noticed = [each.noticed_at for each in all_recoveries(session)]

    assert len(noticed) == MANY
    assert noticed == sorted(noticed, reverse=True)
