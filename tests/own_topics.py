"""Topics that belong to one test."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from shared.config.settings import Settings
from shared.kafka import admin

PARTITIONS = 4
"""Keys are spread over as many; twelve would only take longer to make."""


@contextmanager
def own_topics(settings: Settings) -> Iterator[None]:
    """Make the topics of these settings, and delete them at the end.

    A broker that starts again, as it does in some tests, reads every partition that there is.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(admin, "PARTITIONS", PARTITIONS)
        admin.create_topics(settings)
    yield
    with closing(admin.admin_client(settings)) as client:
        own = [each for each in client.list_topics() if each.startswith(settings.topic_prefix)]
        client.delete_topics(own)
