"""Erased parties are blanked in the archive files of earlier months."""

import gzip
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from shared.contracts import Message, PartyErased, read_envelope
from shared.contracts.personal import with_personal_data_blanked
from shared.messaging.dispatcher import index_subscriptions
from shared.persistence.database import Sessions
from shared.privacy import erased_parties
from shared.privacy.archive_scrubbing import FILE_PATTERN, folder_lock, main, scrub_folder
from shared.privacy.erased_parties import ErasedParties
from shared.privacy.erasure import erasure_subscriptions
from tests.conftest import NOON
from tests.kernel import TENANT, consume, record_of
from tests.shared.order_log import completed
from tests.shared.privacy.test_erasure import LIN, accepted_for

ERASED: ErasedParties = {(TENANT, LIN.id): NOON}
OTHER = msgspec.structs.replace(LIN, id="lin-2")


def a_file(
    folder: Path, *messages: Message, months: int = 1, late: timedelta = timedelta()
) -> Path:
    """Write published messages to the file of a month."""
    rows = (record_of(each, published_at=NOON + late) for each in messages)
    lines = [{"type": each.type, "body": bytes(each.body).decode()} for each in rows]
    file = folder / FILE_PATTERN.replace("*", f"2026_{months:02}")
    with gzip.open(file, "wt", encoding="utf-8") as archive:
        archive.writelines(json.dumps(line) + "\n" for line in lines)
    return file


def messages_in(file: Path) -> Iterator[Message | None]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield read_envelope(json.loads(line)["body"].encode()).open()


def test_records_about_erased_parties_are_blanked_and_all_others_stay(tmp_path: Path) -> None:
    file = a_file(tmp_path, accepted_for(), completed(), accepted_for(OTHER), accepted_for())

    assert list(scrub_folder(tmp_path, ERASED)) == [(file, 2)]

    blanked = with_personal_data_blanked(accepted_for())
    assert list(messages_in(file)) == [blanked, completed(), accepted_for(OTHER), blanked]
    assert list(tmp_path.iterdir()) == [file]


def file_identity(file: Path) -> tuple[int, int, int]:
    """Return values that change when a file is written or replaced."""
    found = file.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


@pytest.mark.parametrize(
    ("erased", "late"),
    [
        ({}, timedelta()),
        ({("zhejiang", LIN.id): NOON}, timedelta()),
        (ERASED, timedelta(seconds=1)),
    ],
    ids=["no party", "another tenant's party", "published later"],
)
def test_a_file_without_an_erased_party_is_not_touched(
    tmp_path: Path, erased: ErasedParties, late: timedelta
) -> None:
    file = a_file(tmp_path, accepted_for(), late=late)
    before = file_identity(file)

    assert list(scrub_folder(tmp_path, erased)) == [(file, 0)]

    assert file_identity(file) == before
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_that_cannot_be_read_stays_as_it_was(tmp_path: Path) -> None:
    file = a_file(tmp_path, accepted_for())
    file.write_bytes(file.read_bytes()[:-20])
    before = file.read_bytes()

    with pytest.raises(EOFError):
        list(scrub_folder(tmp_path, ERASED))

    assert file.read_bytes() == before


def test_an_erased_party_is_stored_with_the_latest_time(
    sessions: Sessions,
) -> None:
    later = NOON + timedelta(days=1)
    for until in (later, NOON):
        erased = PartyErased(party_key=LIN_KEY, party_id=LIN.id, until=until)
        consume(sessions, index_subscriptions(*erasure_subscriptions()), erased)

    with sessions() as session:
        assert erased_parties.all_erased_parties(session) == {(TENANT, LIN.id): later}


LIN_KEY = accepted_for().order_id


def test_the_command_scrubs_the_files_of_a_service(
    sessions: Sessions,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "order").mkdir()
    file = a_file(tmp_path / "order", accepted_for())
    with sessions.begin() as session:
        erased_parties.add_erased_party(session, TENANT, LIN.id, NOON)
        url = session.get_bind().engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("KAITONG_DATABASE_ORDER", url.replace("+psycopg", ""))
    monkeypatch.setenv("KAITONG_ARCHIVE_FOLDER", str(tmp_path))

    main(["order"])

    assert capsys.readouterr().out == "order: 1 messages were blanked; 1 files were read\n"
    assert list(messages_in(file)) == [with_personal_data_blanked(accepted_for())]


def test_two_processes_scrub_a_folder_one_after_the_other(tmp_path: Path) -> None:
    with folder_lock(tmp_path):
        second = threading.Thread(target=enter, args=[tmp_path])
        second.start()
        second.join(timeout=0.2)
        assert second.is_alive()

    second.join(timeout=20)
    assert not second.is_alive()


def enter(folder: Path) -> None:
    """Take and release the lock of a folder."""
    with folder_lock(folder):
        pass
