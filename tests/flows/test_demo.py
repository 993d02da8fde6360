"""The demonstration: its results are true, and it leaves nothing behind."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from deploy.local import process, stack_record
from deploy.local.home import CHECKOUT, PRIVATE_ROOTS, path_digest
from deploy.local.home import home as real_home
from deploy.local.kafka import Kafka
from deploy.local.stack import Stack
from deploy.local.stack_record import StackRecord
from services.console.errors import USAGE
from tests.console.command import kaitong
from tools.demo.day import SCENARIOS, counts_by_scenario, orders_in_a_day, scenarios_of
from tools.demo.demo_plan import make_plan
from tools.demo.demo_stack import fresh_home, run_stack
from tools.demo.run import NUMBERS_PER_ORDER, build_province_for
from tools.demo.scenarios import LINES, DemoPart, PostOutcome, Variation
from tools.province.build import build_province

TIMEOUT_S = 180.0


@pytest.fixture(scope="module")
def home(folder: Path) -> Iterator[Path]:
    """A home without a stack, with the engines of this checkout."""
    place = folder / "demo-home"
    place.mkdir()
    (place / "engines").symlink_to(real_home() / "engines")
    yield place
    for root in PRIVATE_ROOTS:
        shutil.rmtree(private(root, place), ignore_errors=True)


def private(root: Path, home: Path) -> Path:
    """Return the folder of root for data that PostgreSQL's user must access."""
    return root / f"kaitong-{path_digest(home)}"


def demo(home: Path, *words: str) -> subprocess.Popen[bytes]:
    """Start the command."""
    small = ("--orders", "12", "--numbers", "2000")
    command = [sys.executable, "-P", "-m", "services.console", "demo", *small, *words]
    return subprocess.Popen(  # noqa: S603  our own
        command,
        cwd=CHECKOUT,
        env=os.environ | {"PYTHONPATH": str(CHECKOUT), "KAITONG_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def engines_start(found: StackRecord) -> bool:
    """Tell whether engines are being started."""
    return found.state == "starting" and bool(found.lines)


def orders_flow(found: StackRecord) -> bool:
    """Tell whether orders are under way."""
    return found.has_started and count(found, "order", "orders") > 1


def count(found: StackRecord, service: str, table: str) -> int:
    """Return how many rows a table has."""
    counted = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
    with psycopg.connect(found.databases[service].replace("+psycopg", "")) as connection:
        (rows,) = connection.execute(counted).fetchone() or (0,)
        return int(rows)


def wait_for(
    moment: Callable[[StackRecord], bool], home: Path, command: subprocess.Popen[bytes]
) -> None:
    """Wait until a demonstration has reached a moment."""
    end = time.monotonic() + TIMEOUT_S
    while not ((found := stack_record.read(home / "demo")) and moment(found)):
        assert command.poll() is None, command.communicate()[0].decode()
        assert time.monotonic() < end, "it did not reach the moment in time"
        time.sleep(0.02)


def left_behind(home: Path) -> list[str]:
    """Return processes and files of a demonstration that still exist."""
    processes = [
        f"{each.pid} {what}"
        for attribute in ("cmdline", "cwd")
        for each, what in process.all_processes(attribute)
        if str(home) in str(what)
    ]
    data = [each for root in PRIVATE_ROOTS for each in private(root, home).glob("data-*")]
    return [*processes, *map(str, data), *map(str, home.glob("demo*"))]


def test_a_dozen_orders_show_every_scenario_and_a_kept_demonstration_runs_until_it_is_stopped(
    home: Path, tmp_path: Path
) -> None:
    result = tmp_path / "demo.json"

    command = demo(home, "--keep", "--json", str(result))
    output = command.communicate()[0].decode()
    kept = stack_record.read(home / "demo")
    status = kaitong("status", KAITONG_HOME=str(home))
    listed = kaitong("order", "list", "--json", KAITONG_HOME=str(home))
    again = kaitong("demo", KAITONG_HOME=str(home))
    down = kaitong("down", KAITONG_HOME=str(home))

    assert command.returncode == 0, output
    found = json.loads(result.read_bytes())
    assert found["orders"] == 12
    ends = {end: found[end] for end in ("completed", "failed", "rejected", "refused", "repeated")}
    assert ends == {"completed": 6, "failed": 1, "rejected": 1, "refused": 3, "repeated": 1}
    assert (found["violations"], found["violation_list"]) == (0, [])
    times = [found[each] for each in ("engines_s", "ready_s", "first_order_s", "seconds")]
    assert times[0] > 0
    assert times == sorted(times)
    assert found["pss_mb"] > 100
    assert "the journey of order" in output
    assert " to reserved" in output
    assert kept
    assert (status.returncode, kept.urls["order"] in status.stdout) == (0, True)
    assert (listed.returncode, len(json.loads(listed.stdout))) == (0, 8)
    assert (again.returncode, "kaitong down" in again.stderr) == (69, True)
    assert (down.returncode, "is over" in down.stdout) == (0, True)
    assert left_behind(home) == []


@pytest.mark.parametrize(
    ("moment", "words"), [(engines_start, ()), (orders_flow, ("--part", DemoPart.FAULTS))]
)
def test_an_interrupted_demonstration_leaves_nothing_behind(
    moment: Callable[[StackRecord], bool], words: tuple[str, ...], home: Path
) -> None:
    command = demo(home, *words)
    wait_for(moment, home, command)

    command.send_signal(signal.SIGINT)
    command.send_signal(signal.SIGINT)
    output = command.communicate(timeout=TIMEOUT_S)[0].decode()

    assert command.returncode == 130, output
    assert "Traceback" not in output
    assert left_behind(home) == []


def test_a_demonstration_that_has_ended_leaves_nothing_behind(
    home: Path, kafka: Kafka, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One with only the simulator, on a Kafka that runs already."""
    monkeypatch.setenv("KAITONG_HOME", str(home))
    monkeypatch.setenv("KAITONG_KAFKA", kafka.bootstrap_address)
    monkeypatch.setenv("KAITONG_TOPIC_PREFIX", f"demo{os.getpid()}.{tmp_path.name}.")
    monkeypatch.setattr(Stack, "start", partial(Stack.start, services=()))

    with fresh_home() as place, run_stack(place, keep=False) as found:
        assert left_behind(home)

    assert found.urls.keys() == {"elements"}
    assert left_behind(home) == []


@pytest.mark.parametrize("orders", [*range(12, 60), 200, 5000])
def test_any_number_of_orders_is_mixed_in_proportion(orders: int) -> None:
    counts = dict(counts_by_scenario(orders))

    assert sum(counts.values()) == orders
    assert all(counts[scenario] for scenario in SCENARIOS if scenario.is_mandatory)
    assert {
        end for scenario, count in counts.items() if count for end in (scenario.outcome,)
    } == set(PostOutcome)


@pytest.mark.parametrize("orders", [12, 50, 200, 1000, 5000])
def test_the_smallest_province_for_a_number_of_orders_shows_every_scenario(orders: int) -> None:
    built = build_province_for(orders, max(2_000, NUMBERS_PER_ORDER * orders))

    assert len(make_plan(orders, built).posts) == orders


def test_a_province_that_is_too_small_is_refused_with_the_smallest_size() -> None:
    answer = kaitong("demo", "--orders", "60", "--numbers", "2399")

    assert answer.returncode == USAGE
    assert "2399 numbers are too few for 60 orders" in answer.stderr
    assert "--numbers 2400" in answer.stderr


def test_too_few_orders_are_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        make_plan(11, build_province(number_count=1000, address_count=600))


def test_no_product_is_changed_or_ended_twice_and_resumed_only_after_its_suspension() -> None:
    posts = make_plan(500, build_province()).posts

    changes = [each for each in posts if each.scenario.changes_products]
    resumed = [each for each in changes if each.scenario.variation is Variation.RESUME]
    first = [each.earlier for each in changes if each not in resumed]
    assert len(first) == len(set(first))
    assert {each.earlier.scenario.variation for each in resumed if each.earlier} == {
        Variation.SUSPEND
    }
    assert len({each.key for each in posts}) == 500 - 6 - 4


def test_a_day_has_every_action_on_every_line_that_it_shows() -> None:
    pairs = {(each.line, each.action) for each in SCENARIOS}
    blueprints = json.loads((CHECKOUT / "services/provisioning/data/blueprints.json").read_text())

    assert pairs <= {(each["specification"], each["business_action"]) for each in blueprints}
    assert {line for line, _ in pairs} == set(LINES.values())
    assert {action for _, action in pairs} == {each["business_action"] for each in blueprints}


def test_a_plan_for_any_number_of_orders_finds_products_to_change() -> None:
    province = build_province(number_count=4_000, address_count=1_000)

    for orders in (*range(12, 80), 150, 333):
        assert len(make_plan(orders, province).posts) == orders


@pytest.mark.parametrize("part", DemoPart)
def test_a_part_alone_has_its_scenarios_and_the_new_products_that_they_refer_to(
    part: DemoPart,
) -> None:
    province, scenarios = (
        build_province(number_count=4_000, address_count=1_000),
        scenarios_of(part),
    )
    in_a_day = orders_in_a_day(scenarios)

    posts = make_plan(in_a_day, province, scenarios).posts

    assert {each.scenario.part for each in posts} <= {part, DemoPart.NEW}
    assert {each.scenario for each in posts if each.scenario.part is part} == {
        each for each in SCENARIOS if each.part is part
    }
    for orders in (*range(12, 80), 150):
        planned = make_plan(orders, province, scenarios).posts
        assert len(planned) == orders
        assert any(each.scenario.part is part for each in planned)


def test_a_day_has_500_orders_and_each_is_of_a_part() -> None:
    assert orders_in_a_day(SCENARIOS) == 500
    assert {each.part for each in SCENARIOS} == set(DemoPart)


def test_the_help_and_the_refusal_of_an_unknown_part_name_all_parts() -> None:
    shown, refused = kaitong("demo", "--help").stdout, kaitong("demo", "--part", "all").stderr

    assert "there is no part all" in refused
    for part in DemoPart:
        assert part in " ".join(shown.split())
        assert part in refused
