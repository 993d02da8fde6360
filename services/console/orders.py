"""`kaitong order`: placing and following product orders."""

import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias
from uuid import UUID

import typer

from services.console.client import Client, connect, running_stack
from services.console.errors import FAILURE, INTERRUPTED, UNAVAILABLE, CommandError
from services.console.follow import FollowState, print_changes
from services.console.journey import journey_of
from services.console.journey import print_journey as draw_journey
from services.console.output import (
    Styled,
    print_error,
    print_json,
    print_line,
    print_notice,
    print_row,
    print_table,
)
from shared.errors import InvalidError
from shared.input.json_text import read_json

ORDERS = "/tmf-api/productOrderingManagement/v4/productOrder"
FINAL_STATES = frozenset({"completed", "failed", "rejected", "cancelled", "partial"})
STATES_WITHOUT_FAILURE = frozenset({"acknowledged", "inProgress", "pending", "held", "completed"})
PAUSE_S = 0.3
REPLAYED_HEADER = "idempotent-replayed"
"""The header of an answer that was given before."""

Order: TypeAlias = dict[str, Any]


def submit_files(files: Sequence[Path], *, json: bool) -> None:
    """Post each file; end with 1 if one is refused.

    Raises:
        CommandError: if the service cannot answer; what follows is not posted.
    """
    client = connect("crm")
    refused = [file for file in files if not submit_file(client, file, json=json)]
    if refused:
        raise typer.Exit(FAILURE)


def submit_file(client: Client, file: Path, *, json: bool) -> bool:
    """Post one file and print what came of it; tell whether the order was accepted.

    Raises:
        CommandError: if the service cannot answer.
    """
    try:
        answer, is_known = post_order(client, read_order_file(file))
    except CommandError as error:
        if error.code == UNAVAILABLE:
            raise
        for line in error.lines:
            print_error(f"{file}: {line}")
        if json:
            print_json({"file": str(file), "problem": error.problem})
        return False
    if json:
        print_json(answer)
    else:
        state = f"known already: {answer['state']}" if is_known else answer["state"]
        print_line(f"{file}: {answer['id']} {state}")
    return True


def post_order(client: Client, body: object) -> tuple[Order, bool]:
    """Post an order; return it, and whether it was known already: then as it stands now.

    Raises:
        CommandError: if it is refused, or the service cannot answer.
    """
    answer = client.send("order", "POST", ORDERS, json=body)
    order = answer.json()
    is_known = REPLAYED_HEADER in answer.headers
    return (client.get("order", f"{ORDERS}/{order['id']}") if is_known else order), is_known


def read_order_file(file: Path) -> Any:  # noqa: ANN401  any JSON document
    """Return what a file, or standard input, holds.

    Raises:
        CommandError: if it cannot be read, or is no JSON that means one thing.
    """
    try:
        return read_json(sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes())
    except OSError as error:
        msg = f"it cannot be read: {error.strerror}"
        raise CommandError(msg, remedy="name a file that is there, or - for stdin") from error
    except InvalidError as error:
        (fault,) = error.faults
        why = f"{fault.field}: {fault.reason}" if fault.field else fault.reason
        raise CommandError(why, remedy=fault.remedy) from error


def show_order(order_id: str, *, follow: bool, json: bool) -> None:
    """Show one order, as it happens if it is to be followed; end with 1 if it came to no good end.

    Raises:
        Exit: with 1, or with 130 if somebody stops following.
    """
    found = running_stack()
    crm, operator = connect("admin", found), connect("ops", found)
    look = partial(crm.get, "order", f"{ORDERS}/{resolve_order_id(crm, order_id)}")
    said = (lambda _: None) if json else partial(print_changes, FollowState(), operator)
    order = follow_order(look, said) if follow else look()
    if json:
        print_json(order)
    else:
        print_order(order)
        if not follow:
            draw_journey(journey_of(operator, order["id"]))
    if order["state"] not in STATES_WITHOUT_FAILURE:
        raise typer.Exit(FAILURE)


def resolve_order_id(client: Client, name: str) -> str:
    """Return the id of the order that a person names by its id or its externalId.

    Raises:
        CommandError: if there is none, or more than one client has such an externalId.
    """
    with suppress(ValueError):
        return str(UUID(name))
    found = [each["id"] for each in client.get("order", ORDERS, externalId=name, fields="id")]
    if len(found) == 1:
        return str(found[0])
    if found:
        msg = f"{len(found)} orders have the externalId {name}"
        raise CommandError(msg, remedy=f"name one by its id: {', '.join(found)}")
    msg = f"no order has the id or the externalId {name}"
    raise CommandError(msg, remedy="see `kaitong order list`")


def follow_order(look: Callable[[], Order], say: Callable[[Order], None]) -> Order:
    """Look at an order until it has ended, saying each time what is new; return it.

    Raises:
        Exit: with 130, if somebody interrupts.
    """
    try:
        while True:
            order = look()
            say(order)
            if order["state"] in FINAL_STATES:
                return order
            time.sleep(PAUSE_S)
    except KeyboardInterrupt:
        print_notice("you no longer follow the order; it goes on without you")
        raise typer.Exit(INTERRUPTED) from None


def print_order(order: Order) -> None:
    """Print an order and its items."""
    print_row((Styled(order["id"], "bold"), order["state"], order.get("externalId", "")))
    for item in order["productOrderItem"]:
        offering = item.get("productOffering", {}).get("id", "")
        print_row((item["id"], item["action"], offering, item.get("state", "")))


def list_orders(state: str, limit: int, *, json: bool) -> None:
    """List orders, the latest first."""
    query = {"state": state} if state else {}
    found = connect("admin").get("order", ORDERS, limit=limit, **query)
    if json:
        print_json(found)
        return
    names = ("id", "externalId", "state", "orderDate")
    rows = [[order.get(name, "") for name in names] for order in found]
    print_table(("id", "externalId", "state", "ordered"), rows)
