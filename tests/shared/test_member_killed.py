"""Two processes of one service share its topics, and one of them is killed under load."""

import signal
from contextlib import closing
from dataclasses import replace
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

EACH_TIME = 100
"""Orders that are told between two looks at the group."""


def members(settings: Settings) -> int:
    """Return how many processes share the topics; 0 while it is being settled who reads what."""
    with closing(admin.admin_client(settings)) as client:
        try:
            group = client.describe_groups([settings.consumer_group])[settings.consumer_group]
        except CoordinatorNotAvailableError:  # nobody has joined a group of this broker so far
            return 0
    return len(group["members"]) if group["group_state"] == "Stable" else 0


def handled(sessions: Sessions) -> int:
    """Return how many orders something was heard of."""
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(OrderLogRow)) or 0


@pytest.mark.usefixtures("keys", "topics")
async def test_who_goes_on_after_another_of_its_group_was_killed_handles_all_and_logs_no_error(
    sessions: Sessions, settings: Settings
) -> None:
    """What is told meanwhile lies in partitions of which some were never acknowledged."""
    group, told = replace(settings, service=SERVICE.name), 0

    async def tell() -> None:
        nonlocal told
        await produce(settings, accepted_records(uuid4() for _ in range(EACH_TIME)))
        told += EACH_TIME

    with running_process(settings) as victim, running_process(settings) as survivor:
        await until(lambda: members(group) == 2)
        await tell()
        await until(lambda: handled(sessions))

        victim.end(signal.SIGKILL)
        while members(group) != 1:
            await tell()
        await until(lambda: handled(sessions) == told)

    assert errors_in(survivor.log) == []
