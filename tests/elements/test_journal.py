"""The journal keeps the outcomes that were answered, and only those."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient

from services.elements.api import make_api
from services.elements.domain import Operation, OperationOutcome
from services.elements.journal import FILE, FileJournal, JournalError, OutcomeEntry
from services.elements.store import Network
from tests.elements.builders import OLT, active, effects, path, put, set_faults


@contextmanager
def started(folder: Path) -> Iterator[AsyncClient]:
    """A simulator with its journal in this folder, and a client of it."""
    journal = FileJournal(folder)
    network = Network()
    for entry in journal.entries():
        network.replay(entry)
    transport = ASGITransport(make_api(network, journal))
    yield AsyncClient(transport=transport, base_url="http://elements")
    journal.close()


@contextmanager
def room_for(more_bytes: int, path: Path) -> Iterator[None]:
    """Limit the files of this process to the size of this one plus a number of bytes."""
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    limit = path.stat().st_size + more_bytes
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, unlimited[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)


def an_entry(operation_id: str) -> OutcomeEntry:
    return OutcomeEntry.of(
        OLT, OperationOutcome(Operation(operation_id, "add-profile", operation_id, "{}"))
    )


async def test_a_restart_changes_nothing_that_callers_see(tmp_path: Path) -> None:
    with started(tmp_path) as client:
        await put(client, "op-1", svlan=101, online=True, loid="NJ1")
        await put(client, "op-2", subject="service-2")
        await put(client, "op-3", subject="service-2", kind="remove-profile")
        await put(client, "op-4", subject="service-2", kind="remove-profile")
        await set_faults(client, {"fault": "refuse", "code": "overloaded", "kind": "test-line"})
        await put(client, "op-5", kind="test-line")
        seen = await visible_state(client)

    with started(tmp_path) as client:
        assert await visible_state(client) == seen
        assert (await put(client, "op-1", svlan=101, online=True, loid="NJ1")).status_code == 200
        assert (await put(client, "op-6", kind="test-line")).json()["code"] == "overloaded"
        assert await effects(client) == {"op-1": 1, "op-2": 1, "op-3": 1}


async def visible_state(client: AsyncClient) -> list[str]:
    """Return everything that a caller can read from the element."""
    places = [f"/elements/{OLT}/{what}" for what in ("active", "effects", "faults")]
    operations = [path(f"op-{number}") for number in range(1, 6)]
    return [(await client.get(place)).text for place in (*places, *operations)]


async def test_cleared_faults_stay_cleared(tmp_path: Path) -> None:
    with started(tmp_path) as client:
        await set_faults(client, {"fault": "error"})
        await client.delete(f"/elements/{OLT}/faults")

    with started(tmp_path) as client:
        assert (await put(client)).status_code == 200


def test_a_line_that_a_kill_cut_off_is_forgotten_and_the_next_one_is_kept(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    journal = FileJournal(whole)
    assert list(journal.entries()) == []
    journal.append(an_entry("op-1"))
    journal.append(an_entry("op-2"))
    journal.close()
    kept = (whole / FILE).read_bytes()
    first_line = kept.index(b"\n") + 1

    for length in range(first_line, len(kept)):
        folder = tmp_path / str(length)
        folder.mkdir()
        (folder / FILE).write_bytes(kept[:length])
        journal = FileJournal(folder)
        assert [entry.element for entry in journal.entries()] == [OLT]
        journal.append(an_entry("op-3"))
        journal.close()
        assert (folder / FILE).read_bytes() == kept[:first_line] + kept[first_line:].replace(
            b"op-2", b"op-3"
        )


@pytest.mark.parametrize(
    "line",
    [
        b'{"type":"nonsense"}',
        b"\x00\x00",
        b'{"type":"answer","element":"ims","id":"1","kind":"boom","subject":"1","parameters":{}}',
    ],
)
def test_a_line_that_cannot_be_read_stops_the_start_and_is_named(
    tmp_path: Path, line: bytes
) -> None:
    (tmp_path / FILE).write_bytes(line + b"\n")
    journal = FileJournal(tmp_path)

    with pytest.raises(JournalError, match="line 1 cannot be read: fix or remove the file"):
        list(journal.entries())

    journal.close()


def test_two_simulators_cannot_share_a_journal(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path)

    with pytest.raises(JournalError, match="is in use"):
        FileJournal(tmp_path)

    journal.close()
    FileJournal(tmp_path).close()


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(JournalError, match="check KAITONG_STATE"):
        FileJournal(tmp_path / "file" / "folder")


@pytest.mark.parametrize("more_bytes", [0, 20])
async def test_what_cannot_be_kept_is_not_done(tmp_path: Path, more_bytes: int) -> None:
    with started(tmp_path) as client:
        await put(client, "op-1")
        with room_for(more_bytes, tmp_path / FILE):
            full = await put(client, "op-2", subject="service-2")

        assert (full.status_code, full.json()["code"]) == (503, "journal-unavailable")
        assert (await client.get(path("op-2"))).status_code == 404
        assert len(await active(client)) == 1
        assert (await put(client, "op-2", subject="service-2")).status_code == 200

    with started(tmp_path) as client:
        assert await effects(client) == {"op-1": 1, "op-2": 1}
