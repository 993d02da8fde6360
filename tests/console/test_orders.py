"""`kaitong order submit`, against the order service on a real port."""

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess

import httpx
import pytest
from sqlalchemy import text

from deploy.local.postgres import Postgres
from deploy.local.stack_record import StackRecord, identity_of, read, write
from services.console.client import ApiError, ensure_keys_folder
from services.console.errors import FAILURE, UNAVAILABLE
from services.order.api.examples.orders import ORDER_REQUESTS
from services.order.app import SERVICE
from services.order.commands.catalogue import load_shipped_catalogue
from shared.config.settings import Settings
from shared.http import create_app
from shared.http.command_batcher import CommandBatcher
from shared.messaging.writer import Writer
from shared.persistence.database import Sessions
from tests.console.command import kaitong
from tests.shared.http.sockets import listening

CLOSED_URL = "http://127.0.0.1:1"
SUBMIT = ("order", "submit")


@pytest.fixture
async def home(
    postgres: Postgres, sessions: Sessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Path]:
    """The home of a running order service with the shipped catalogue."""
    monkeypatch.setenv("KAITONG_HOME", str(tmp_path))
    environment = {
        "KAITONG_DATABASE_ORDER": f"{postgres.url}/test_order",
        "KAITONG_AUTH_KEYS": str(ensure_keys_folder(tmp_path)),
        "KAITONG_HOME": str(tmp_path),
        "KAITONG_HTTP_PORT": "0",
        "KAITONG_PERSON_KEY": "a key for persons in tests",
    }
    settings = Settings.from_environment("order", environment)
    with sessions.begin() as session:
        load_shipped_catalogue(session)
    batcher = CommandBatcher(sessions, Writer(sessions))
    serving = asyncio.create_task(batcher.run())
    api = create_app("order", SERVICE.routers, batcher, sessions, settings)
    async with listening(api, settings) as server:
        (tmp_path / "run").mkdir()
        urls = {"order": f"http://127.0.0.1:{server.port}"}
        write(tmp_path, StackRecord("ready", identity_of(os.getpid()), urls=urls))
        yield tmp_path
    serving.cancel()


async def submit(*words: str | Path) -> CompletedProcess[str]:
    """Run the command in a thread, while the service answers."""
    return await asyncio.to_thread(kaitong, *SUBMIT, *map(str, words))


def a_file(home: Path, name: str = "fibre", *, faulty: bool = False) -> Path:
    """Write an order that is accepted, or one that is refused."""
    file = home / f"{name}.json"
    body = ORDER_REQUESTS[name]["value"]
    file.write_text(json.dumps({} if faulty else body), encoding="utf-8")
    return file


async def test_an_order_that_is_accepted_is_printed_with_its_state(home: Path) -> None:
    answer = await submit(a_file(home))

    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.split()[-1] == "acknowledged"


async def test_an_order_that_is_known_already_is_printed_as_it_stands_now(
    home: Path, sessions: Sessions
) -> None:
    file = a_file(home)
    first = await submit(file)
    with sessions.begin() as session:
        session.execute(text("UPDATE order_progress SET state = 'completed'"))

    again, as_json = await submit(file), await submit("--json", file)

    order_id = first.stdout.split()[1]
    assert again.stdout == f"{file}: {order_id} known already: completed\n"
    assert json.loads(as_json.stdout)["state"] == "completed"


async def test_each_fault_is_one_line_with_its_place_and_remedy(home: Path) -> None:
    answer = await submit(a_file(home, faulty=True))

    lines = answer.stderr.splitlines()
    assert len(lines) == len(set(lines)) > 1
    place = re.escape(str(home / "fibre.json"))
    assert all(re.fullmatch(rf"{place}: /\w+: [^—]+ — [^—]+", line) for line in lines), lines


async def test_an_unknown_filter_is_reported_once(home: Path) -> None:
    assert home
    answer = await asyncio.to_thread(kaitong, "order", "list", "--state", "nonsense")

    (line,) = answer.stderr.splitlines()
    assert answer.returncode == FAILURE
    assert line.startswith(
        "kaitong: state: query parameter is none of the values that are known here — give '"
    )
    assert line.count("acknowledged") == 1


async def test_an_order_that_is_not_there_is_named(home: Path) -> None:
    assert home
    answer = await asyncio.to_thread(kaitong, "order", "show", "NONE")

    (line,) = answer.stderr.splitlines()
    assert line == "kaitong: no order has the id or the externalId NONE — see `kaitong order list`"


async def test_one_refusal_among_others_ends_with_no_and_the_others_are_placed(home: Path) -> None:
    answer = await submit(a_file(home, "bundle", faulty=True), a_file(home))

    assert answer.returncode == FAILURE
    assert "bundle.json: " in answer.stderr
    assert answer.stdout.startswith(str(home / "fibre.json"))


async def test_a_refusal_is_one_json_object_with_the_problem(home: Path) -> None:
    file = a_file(home, faulty=True)

    answer = await submit("--json", file)

    result = json.loads(answer.stdout)
    assert answer.returncode == FAILURE
    assert result["file"] == str(file)
    assert (result["problem"]["status"], result["problem"]["code"]) == (400, "invalid")
    assert "/productOrderItem" in {each["field"] for each in result["problem"]["errors"]}


async def test_an_accepted_order_is_one_json_object(home: Path) -> None:
    answer = await submit("--json", a_file(home))

    assert json.loads(answer.stdout)["@type"] == "ProductOrder"


@pytest.mark.parametrize(
    ("content", "why"), [(None, "cannot be read: No such file"), ("{", "is no JSON")]
)
async def test_a_file_that_holds_no_order_is_named_once(
    home: Path, content: str | None, why: str
) -> None:
    file = home / "order.json"
    if content is not None:
        file.write_text(content)

    answer = await submit("--json", file)

    assert answer.returncode == FAILURE
    assert answer.stderr.count("order.json") == 1
    assert why in answer.stderr
    assert why in json.loads(answer.stdout)["problem"]["detail"]


@pytest.mark.parametrize("words", [(), ("--json",)])
async def test_a_service_that_is_down_is_unavailable_and_nothing_more_is_asked_of_it(
    home: Path, words: tuple[str, ...]
) -> None:
    file = a_file(home)
    write(home, replace(stack_record(home), urls={"order": CLOSED_URL}))

    answer = await submit(*words, file, file)

    assert answer.returncode == UNAVAILABLE
    assert answer.stderr.count("does not answer") == 1
    assert answer.stdout == ""


def test_a_service_that_lacks_what_it_stands_on_is_unavailable_too() -> None:
    refusals = [ApiError(httpx.Response(status, json={"detail": "no"})) for status in (503, 409)]

    assert [each.code for each in refusals] == [UNAVAILABLE, FAILURE]


def stack_record(home: Path) -> StackRecord:
    """Return the record of the stack."""
    found = read(home)
    assert found
    return found


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"externalId": "a", "externalId": "b"}', "externalId: an object has this key twice"),
        ('{"externalId": "\\ud800"}', "half of a surrogate pair"),
        ('{"priority": NaN}', "it is no JSON"),
        ("{", "it is no JSON"),
    ],
)
async def test_a_file_that_could_mean_two_things_is_not_sent(
    home: Path, text: str, says: str
) -> None:
    file = home / "double.json"
    file.write_text(text, encoding="utf-8")

    answer = await submit(file)

    assert answer.returncode == FAILURE
    assert says in answer.stderr
    assert " — " in answer.stderr
