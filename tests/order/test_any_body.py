"""Any body is accepted as an order, or its faults are named; nothing else happens."""

from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.order.builders import (
    BODY,
    NUMBER,
    Json,
    a_body,
    a_bundle,
    a_disconnection,
    a_product,
    an_item,
    found,
)

PRODUCT = a_product()
WHOLE = a_body(
    a_bundle("1"),
    an_item("2", "voice-basic", number=NUMBER, numberGrade="AAA"),
    a_disconnection(PRODUCT.id, "3"),
    externalId="CRM-1",
    priority="0",
    channel=[{"id": "fax"}],
    note=[{"text": "Ring twice"}],
    billingAccount={"id": "acc-1"},
    requestedCompletionDate="2026-01-31T12:00:00Z",
)

leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
    | st.sampled_from(["add", "delete", "customer", "1", "ftth-300", "home-300", "number"])
)
anything = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


def steps_in(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths to everything in a body."""
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    paths = [found for key, each in inner for found in steps_in(each, (*path, key))]
    return [*paths, path] if path else paths


@st.composite
def bodies(draw: st.DrawFn) -> Json:
    """Draw a valid order with a few parts replaced or left out."""
    body = deepcopy(WHOLE)
    for _ in range(draw(st.integers(0, 4))):
        *path, last = draw(st.sampled_from(steps_in(body)))
        here: Any = body
        for step in path:
            here = here[step]
        if draw(st.booleans()):
            here[last] = draw(anything)
        else:
            del here[last]
        if not steps_in(body):
            break
    return body


@given(bodies())
def test_a_body_is_accepted_or_its_faults_are_named(body: Json) -> None:
    before = deepcopy(body)

    faults = found(body, products=(PRODUCT,))

    named = [(fault.field, fault.code) for fault in faults]
    assert len(named) == len(set(named))
    assert all(fault.code and fault.reason for fault in faults)
    assert body == before


@given(anything)
def test_a_body_that_is_no_order_is_refused_for_its_form(body: Any) -> None:
    try:
        given = BODY.validate_python(body).order
    except ValidationError:
        assert not isinstance(body, dict)
    else:
        assert isinstance(body, dict)
        assert given.items == () or "productOrderItem" in body
