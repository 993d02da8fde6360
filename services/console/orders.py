"""`kaitong order`: placing and following product orders."""

import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import typer
from rich.table import Table

from services.console.client import Client, connect, running
from services.console.exits import INTERRUPTED, NO, UNAVAILABLE, CommandError, stderr, stdout
from services.console.journey import journey_of, timeline
from services.console.live import Told, tell
from shared.errors import InvalidError
from shared.input.json_text import read_json

ORDERS = "/tmf-api/productOrderingManagement/v4/productOrder"
ENDED = frozenset({"completed", "failed", "rejected", "cancelled", "partial"})
GOOD = frozenset({"acknowledged", "inProgress", "pending", "held", "completed"})
BEAT_S = 0.3

Order: TypeAlias = dict[str, Any]


def submit_files(files: Sequence[Path], *, json: bool) -> None:
    """Post each file; end with 1 if one is refused.

    Raises:
        CommandError: if the service cannot answer; what follows is not posted.
    """
    client = connect("crm")
    refused = [file for file in files if not submit(client, file, json=json)]
    if refused:
        raise typer.Exit(NO)


def submit(client: Client, file: Path, *, json: bool) -> bool:
    """Post one file and print what came of it; tell whether the order was accepted.

    Raises:
        CommandError: if the service cannot answer.
    """
    try:
        answer = client.post("order", ORDERS, read(file))
    except CommandError as error:
        if error.code == UNAVAILABLE:
            raise
        stderr.print(f"{file}: {error}", markup=False)
        if json:
            print_json({"file": str(file), "problem": error.problem})
        return False
    if json:
        print_json(answer)
    else:
        stdout.print(f"{file}: {answer['id']} {answer['state']}", markup=False)
    return True


def read(file: Path) -> Any:  # noqa: ANN401  any JSON document
    """Return what a file, or standard input, holds.

    Raises:
        CommandError: if it cannot be read, or is no JSON that means one thing.
    """
    try:
        return read_json(sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes())
    except OSError as error:
        msg = f"it cannot be read: {error.strerror}"
        raise CommandError(msg) from error
    except InvalidError as error:
        (fault,) = error.faults
        named = f"{fault.field}: " if fault.field else ""
        msg = f"{named}{fault.reason} — {fault.remedy}"
        raise CommandError(msg) from error


def show_order(order_id: str, *, follow: bool, json: bool) -> None:
    """Show one order, as it happens if it is to be followed; end with 1 if it came to no good end.

    Raises:
        Exit: with 1, or with 130 if somebody stops following.
    """
    found = running()
    crm, operator = connect("admin", found), connect("ops", found)
    look = partial(crm.get, "order", f"{ORDERS}/{order_id}")
    said = (lambda _: None) if json else partial(tell, Told(), operator)
    order = followed(look, said) if follow else look()
    if json:
        print_json(order)
    else:
        draw(order)
        if not follow:
            stdout.print(timeline(journey_of(operator, order["id"])))
    if order["state"] not in GOOD:
        raise typer.Exit(NO)


def followed(look: Callable[[], Order], say: Callable[[Order], None]) -> Order:
    """Look at an order until it has ended, saying each time what is new; return it.

    Raises:
        Exit: with 130, if somebody interrupts.
    """
    try:
        while True:
            order = look()
            say(order)
            if order["state"] in ENDED:
                return order
            time.sleep(BEAT_S)
    except KeyboardInterrupt:
        stderr.print("kaitong: you no longer follow the order; it goes on without you")
        raise typer.Exit(INTERRUPTED) from None


def draw(order: Order) -> None:
    """Draw an order and its items."""
    stdout.print(f"[bold]{order['id']}[/] {order['state']} {order.get('externalId', '')}")
    for item in order["productOrderItem"]:
        offering = item.get("productOffering", {}).get("id", "")
        stdout.print(f"  {item['id']} {item['action']} {offering} {item.get('state', '')}")


def list_orders(state: str, limit: int, *, json: bool) -> None:
    """List orders, the latest first."""
    query = {"state": state} if state else {}
    found = connect("admin").get("order", ORDERS, limit=limit, **query)
    if json:
        print_json(found)
        return
    table = Table("id", "externalId", "state", "ordered", box=None)
    for order in found:
        words = (order.get(name, "") for name in ("id", "externalId", "state", "orderDate"))
        table.add_row(*words)
    stdout.print(table)


def print_json(value: Any) -> None:  # noqa: ANN401  any JSON document
    """Print a document to standard output."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value)).decode() + "\n")
