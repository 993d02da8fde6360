"""Two installations on one broker: the second does not use the first one's topics."""

import asyncio
import os
import signal
import subprocess
import sys
import urllib.request
from contextlib import closing
from uuid import uuid4

import pytest

from deploy.local.postgres import Postgres
from shared.config.settings import Settings
from shared.errors import UnavailableError
from shared.kafka import admin
from shared.kafka.installation import TopicOwnership, get_or_register_installation
from shared.persistence.database import Sessions
from tests.conftest import delete_all_rows
from tests.kernel import until
from tests.shared.conftest import ORDER_LOGS
from tests.shared.consuming import produce, seal_records
from tests.shared.order_log import accepted, logged_types
from tests.shared.service_process import running_process

TIMEOUT_S = 60.0
CANNOT_START = 78
"""Exit status of a process that cannot run with its settings (EX_CONFIG)."""


@pytest.fixture
def other(databases: dict[str, Sessions]) -> Sessions:
    """The empty database of another installation."""
    found = databases["resources"]
    delete_all_rows(found)
    ORDER_LOGS.create(found.kw["bind"], checkfirst=True)
    return found


def named(settings: Settings, name: str) -> Settings:
    """Return settings with this name of the installation."""
    return settings.model_copy(update={"installation": name})


@pytest.mark.usefixtures("keys", "topics")
async def test_a_second_installation_on_the_same_topics_reads_nothing_and_says_so(
    sessions: Sessions, other: Sessions, settings: Settings, postgres: Postgres
) -> None:
    orders = [uuid4() for _ in range(60)]
    second = named(settings, "second").model_copy(
        update={"database_url": f"{postgres.url}/test_resources"}
    )
    with running_process(named(settings, "first")) as owner:
        await until(lambda: owner.has_logged("publisher.is_direct"), TIMEOUT_S)
        with running_process(second) as second_process:
            await until(lambda: second_process.has_logged("topics.foreign"), TIMEOUT_S)
            await produce(settings, seal_records([accepted(each) for each in orders]))
            await until(lambda: all(logged_types(sessions, each) for each in orders), TIMEOUT_S)

            assert "KAITONG_TOPIC_PREFIX" in line_of(
                second_process.log.read_text(), "topics.foreign"
            )
            assert "foreign_topics" in readiness_of(second_process.port)
            assert "foreign_topics" not in readiness_of(owner.port)
            assert not second_process.has_logged("publisher.is_direct")
            assert second_process.end(signal.SIGTERM) == 0

    assert [each for each in orders if logged_types(other, each)] == []


def rename(settings: Settings, name: str) -> "subprocess.CompletedProcess[str]":
    """Rename the installation of a database, as a person does."""
    environment = os.environ | {
        "KAITONG_DATABASE_SMALL": settings.database_url,
        "KAITONG_INSTALLATION": name,
    }
    command = [sys.executable, "-m", "shared.runtime.rename_installation", "small"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603  our own module


def line_of(log: str, event: str) -> str:
    """Return the only line of a log with an event."""
    (line,) = (line for line in log.splitlines() if event in line)
    return line


def readiness_of(port: int) -> str:
    """Return the readiness answer of a process."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=10) as answer:
        return str(answer.read().decode())


async def test_of_two_installations_that_claim_at_once_one_has_the_topics(
    settings: Settings,
) -> None:
    names = [f"installation-{number}" for number in range(4)]

    claims = (asyncio.to_thread(admin.claim_topics_if_free, settings, name) for name in names)
    owners = set(await asyncio.gather(*claims))

    assert len(owners) == 1
    assert owners <= set(names)


@pytest.mark.usefixtures("keys")
def test_a_process_without_a_name_does_not_start_and_says_what_to_do(settings: Settings) -> None:
    with running_process(named(settings, "")) as unnamed:
        assert unnamed.wait(TIMEOUT_S) == CANNOT_START

    (line,) = unnamed.log.read_text().splitlines()
    assert "KAITONG_INSTALLATION is not set: give a name" in line


def test_a_database_without_a_name_takes_that_of_the_settings_and_keeps_it(
    sessions: Sessions,
) -> None:
    with sessions.begin() as session:
        assert get_or_register_installation(session, "first") == "first"
    with sessions.begin() as session:
        assert get_or_register_installation(session, "another") == "first"


def test_a_check_without_a_name_claims_no_topics(settings: Settings) -> None:
    assert admin.claim_topics_if_free(settings, "") == ""
    assert admin.claim_topics_if_free(settings, "first") == "first"
    assert admin.claim_topics_if_free(settings, "") == "first"


async def test_a_database_keeps_its_installation_wherever_it_is_moved(
    sessions: Sessions, settings: Settings
) -> None:
    await TopicOwnership(named(settings, "first"), sessions).check()

    moved = TopicOwnership(named(settings, "first"), sessions)
    await moved.check()

    assert admin.claim_topics_if_free(settings, "") == "first"
    assert list(moved.troubles()) == []


@pytest.mark.parametrize("owner", ["production", "staging", ""])
async def test_a_copy_of_a_database_under_another_name_leaves_all_topics_alone_and_says_what_to_do(
    sessions: Sessions, settings: Settings, owner: str
) -> None:
    with sessions.begin() as session:
        get_or_register_installation(session, "production")
    admin.claim_topics_if_free(settings, owner)
    copy = TopicOwnership(named(settings, "staging"), sessions)

    with pytest.raises(UnavailableError, match="KAITONG_INSTALLATION is staging"):
        await copy.check()

    (trouble,) = copy.troubles()
    assert "this database is production's; nothing is read or published" in trouble.says
    assert "shared.runtime.rename_installation" in trouble.remedy
    assert admin.claim_topics_if_free(settings, "") == owner


async def test_a_copy_that_is_given_its_name_has_topics_of_its_own_and_no_others(
    sessions: Sessions, settings: Settings
) -> None:
    await TopicOwnership(named(settings, "production"), sessions).check()

    done = await asyncio.to_thread(rename, settings, "staging")

    assert done.stdout == "small: the database is staging's; it was production's\n"
    with pytest.raises(UnavailableError, match="are production's"):
        await TopicOwnership(named(settings, "staging"), sessions).check()
    apart = named(settings, "staging").model_copy(
        update={"topic_prefix": f"{settings.topic_prefix}apart."}
    )
    await TopicOwnership(apart, sessions).check()
    assert admin.claim_topics_if_free(apart, "") == "staging"


def test_databases_are_not_renamed_without_a_name(sessions: Sessions, settings: Settings) -> None:
    with sessions.begin() as session:
        get_or_register_installation(session, "production")

    done = rename(settings, "")

    assert done.returncode == CANNOT_START
    assert "KAITONG_INSTALLATION is not set: give a name" in done.stderr
    with sessions.begin() as session:
        assert get_or_register_installation(session, "staging") == "production"


async def test_an_installation_claims_its_topics_again_after_its_broker_was_wiped(
    sessions: Sessions, settings: Settings
) -> None:
    ownership = TopicOwnership(named(settings, "first"), sessions)
    await ownership.check()
    with closing(admin.admin_client(settings)) as client:
        client.delete_topics([settings.topic_prefix + admin.OWNER_TOPIC])

    await ownership.check()

    assert admin.claim_topics_if_free(settings, "") == "first"


async def test_a_new_installation_leaves_claimed_topics_alone(
    sessions: Sessions, settings: Settings
) -> None:
    admin.claim_topics_if_free(settings, "first")
    ownership = TopicOwnership(named(settings, "second"), sessions)

    with pytest.raises(UnavailableError):
        await ownership.check()

    (trouble,) = ownership.troubles()
    assert "first" in trouble.says
    assert "KAITONG_TOPIC_PREFIX" in trouble.remedy
