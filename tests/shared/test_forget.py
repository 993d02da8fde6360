"""Who was erased is blank in the files that months were moved to before."""

import gzip
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from shared.contracts import Message, PartyErased, read_envelope
from shared.contracts.personal import blank_personal_data
from shared.messaging.dispatcher import subscribe
from shared.persistence.database import Sessions
from shared.privacy import erased_parties
from shared.privacy.archive_scrubbing import FILE_PATTERN, folder_lock, main, scrub_folder
from shared.privacy.erased_parties import ErasedParties
from shared.privacy.erasure import erasure_subscriptions
from tests.conftest import NOON
from tests.kernel import TENANT, consume, record_of
from tests.shared.order_log import completed
from tests.shared.test_erasure import LIN, about

WHOM: ErasedParties = {(TENANT, LIN.id): NOON}
OTHER = msgspec.structs.replace(LIN, id="lin-2")


def a_file(
    folder: Path, *messages: Message, months: int = 1, late: timedelta = timedelta()
) -> Path:
    """Write what was told to the file of a month."""
    rows = (record_of(each, told_at=NOON + late) for each in messages)
    lines = [{"type": each.type, "body": bytes(each.body).decode()} for each in rows]
    file = folder / FILE_PATTERN.replace("*", f"2026_{months:02}")
    with gzip.open(file, "wt", encoding="utf-8") as anew:
        anew.writelines(json.dumps(line) + "\n" for line in lines)
    return file


def told_in(file: Path) -> Iterator[Message | None]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield read_envelope(json.loads(line)["body"].encode()).open()


def test_letters_of_the_erased_are_blanked_and_all_others_stay(tmp_path: Path) -> None:
    file = a_file(tmp_path, about(), completed(), about(OTHER), about())

    assert list(scrub_folder(tmp_path, WHOM)) == [(file, 2)]

    blanked = blank_personal_data(about())
    assert list(told_in(file)) == [blanked, completed(), about(OTHER), blanked]
    assert list(tmp_path.iterdir()) == [file]


def written(file: Path) -> tuple[int, int, int]:
    """Return what tells that a file was written, or another one put in its place."""
    found = file.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


@pytest.mark.parametrize(
    ("whom", "late"),
    [
        ({}, timedelta()),
        ({("zhejiang", LIN.id): NOON}, timedelta()),
        (WHOM, timedelta(seconds=1)),
    ],
    ids=["nobody", "another tenant's party", "told later"],
)
def test_a_file_in_which_nobody_is_meant_is_not_touched(
    tmp_path: Path, whom: ErasedParties, late: timedelta
) -> None:
    file = a_file(tmp_path, about(), late=late)
    before = written(file)

    assert list(scrub_folder(tmp_path, whom)) == [(file, 0)]

    assert written(file) == before
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_that_cannot_be_read_stays_as_it_was(tmp_path: Path) -> None:
    file = a_file(tmp_path, about())
    file.write_bytes(file.read_bytes()[:-20])
    before = file.read_bytes()

    with pytest.raises(EOFError):
        list(scrub_folder(tmp_path, WHOM))

    assert file.read_bytes() == before


def test_whom_a_service_hears_to_be_erased_it_remembers_until_the_latest_time(
    sessions: Sessions,
) -> None:
    later = NOON + timedelta(days=1)
    for until in (later, NOON):
        erased = PartyErased(party_key=LIN_KEY, party_id=LIN.id, until=until)
        consume(sessions, subscribe(*erasure_subscriptions()), erased)

    with sessions() as session:
        assert erased_parties.all_erased_parties(session) == {(TENANT, LIN.id): later}


LIN_KEY = about().order_id


def test_the_command_goes_through_the_files_of_a_service(
    sessions: Sessions,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "order").mkdir()
    file = a_file(tmp_path / "order", about())
    with sessions.begin() as session:
        erased_parties.add_erased_party(session, TENANT, LIN.id, NOON)
        url = session.get_bind().engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("KAITONG_DATABASE_ORDER", url.replace("+psycopg", ""))
    monkeypatch.setenv("KAITONG_ARCHIVE_FOLDER", str(tmp_path))

    main(["order"])

    assert capsys.readouterr().out == "order: 1 letters were blanked; 1 files were read\n"
    assert list(told_in(file)) == [blank_personal_data(about())]


def test_two_at_once_go_through_a_folder_one_after_the_other(tmp_path: Path) -> None:
    with folder_lock(tmp_path):
        second = threading.Thread(target=enter, args=[tmp_path])
        second.start()
        second.join(timeout=0.2)
        assert second.is_alive()

    second.join(timeout=20)
    assert not second.is_alive()


def enter(folder: Path) -> None:
    """Be alone in a folder, for a moment."""
    with folder_lock(folder):
        pass
