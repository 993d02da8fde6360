"""Topics that belong to one test."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from shared.config.settings import Settings
from shared.kafka import admin

PARTITIONS = 4
"""Enough for keys to spread; twelve would only take longer to create."""


@contextmanager
def own_topics(settings: Settings) -> Iterator[None]:
    """Create the topics of these settings, and delete them at the end.

    Deletion matters because a broker that some tests restart reads every existing partition.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(admin, "PARTITIONS", PARTITIONS)
        admin.create_topics(settings)
    yield
    with closing(admin.admin_client(settings)) as client:
        own = [each for each in client.list_topics() if each.startswith(settings.topic_prefix)]
        client.delete_topics(own)
