"""One of two processes in a consumer group is killed under load."""

import signal
from contextlib import closing
from uuid import uuid4

import pytest
from kafka.errors import CoordinatorNotAvailableError
from sqlalchemy import func, select

from shared.config.settings import Settings
from shared.kafka import admin
from shared.persistence.database import Sessions
from tests.kernel import until
from tests.shared.consuming import accepted_records, produce
from tests.shared.order_log import OrderLogRow
from tests.shared.service_process import errors_in, running_process
from tests.shared.small_service import SERVICE

ORDERS_PER_ROUND = 100
"""Orders that are produced between two checks of the group."""


def members(settings: Settings) -> int:
    """Return the number of members of the group; 0 during a rebalance."""
    with closing(admin.admin_client(settings)) as client:
        try:
            group = client.describe_groups([settings.consumer_group])[settings.consumer_group]
        except CoordinatorNotAvailableError:  # no group has been joined on this broker yet
            return 0
    return len(group["members"]) if group["group_state"] == "Stable" else 0


def handled(sessions: Sessions) -> int:
    """Return how many orders have a log."""
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(OrderLogRow)) or 0


@pytest.mark.usefixtures("keys", "topics")
async def test_after_a_member_of_the_group_was_killed_the_other_handles_all_and_logs_no_error(
    sessions: Sessions, settings: Settings
) -> None:
    """Records produced meanwhile lie in partitions of which some have no committed offset."""
    group, produced = settings.model_copy(update={"service": SERVICE.name}), 0

    async def produce_orders() -> None:
        nonlocal produced
        await produce(settings, accepted_records(uuid4() for _ in range(ORDERS_PER_ROUND)))
        produced += ORDERS_PER_ROUND

    with running_process(settings) as killed, running_process(settings) as survivor:
        await until(lambda: members(group) == 2)
        await produce_orders()
        await until(lambda: handled(sessions))

        killed.end(signal.SIGKILL)
        while members(group) != 1:
            await produce_orders()
        await until(lambda: handled(sessions) == produced)

    assert errors_in(survivor.log) == []
