"""The invariant about billing: what was completed was handed over once, and is in the files."""

from collections import Counter
from collections.abc import Iterator, Sequence
from uuid import UUID

from shared.contracts import BillingCharge, ItemCompleted, OrderCompleted
from shared.version import VERSION
from tools.verify.orders import CheckResult
from tools.verify.stack_data import StackData

LINES = """
    SELECT id, local_network, day, action, offering_id, one_off_cents, monthly_begin_cents,
           monthly_end_cents
    FROM billing_lines
"""


def completed_items_are_handed_over(stack_data: StackData) -> Iterator[CheckResult]:
    """Check that each completed item was handed over once, and that the files have it once.

    Of what other versions completed nothing is expected: the first ones handed nothing over.
    """
    messages = handed_over(stack_data)
    times = Counter((each.order_id, each.item_id) for each in messages)
    for item in completed_items(stack_data) | times.keys():
        is_right = times[item] == 1 and stack_data.states.get(item[0]) == "completed"
        yield (
            None if is_right else f"item {item[1]} of {item[0]} was handed over {times[item]} times"
        )
    expected = Counter(map(expected_line, messages))
    found = Counter(map(tuple, stack_data.rows("order", LINES)))
    for line in expected.keys() | found.keys():
        is_right = expected[line] == found[line] == 1
        yield None if is_right else f"{line[0]} has {found[line]} lines, not {expected[line]}"


def handed_over(stack_data: StackData) -> list[ItemCompleted]:
    """Return the messages of completed items."""
    opened = (
        each.open() for each in stack_data.published["order"] if each.type == ItemCompleted.type
    )
    return [each for each in opened if isinstance(each, ItemCompleted)]


def completed_items(stack_data: StackData) -> set[tuple[UUID, str]]:
    """Return order and item of all that this version completed."""
    opened = (
        each.open()
        for each in stack_data.published["order"]
        if each.type == OrderCompleted.type and each.sourceversion == VERSION
    )
    return {
        (message.order_id, product.item_id)
        for message in opened
        if isinstance(message, OrderCompleted)
        for product in message.products
    }


def expected_line(message: ItemCompleted) -> tuple[object, ...]:
    """Return the line of a message in the table."""
    one_off = sum_of([each for each in message.charges_begin if each.kind == "oneTime"])
    return (
        *(message.id, message.local_network, message.day, message.business_action),
        *(message.offering_id, one_off, sum_of(message.charges_begin) - one_off),
        sum_of(message.charges_end),
    )


def sum_of(charges: Sequence[BillingCharge]) -> int:
    """Return the sum of charges."""
    return sum(each.cents for each in charges)
