"""The real-name check: which orders need it, when it is refused, and what the order keeps of it."""

from datetime import timedelta

import msgspec
import pytest

from services.order.api.views.orders import render_answer, show_order, without_customer_data
from services.order.domain.acceptance.real_name import RealNameContext
from services.order.domain.acceptance.takeover import order_as_published, order_record
from services.order.domain.fulfilment.product import Product
from services.order.domain.identity.block import IdentityBlock
from services.order.domain.identity.holdings import IdentityHolding
from services.order.domain.identity.identity_key import identity_key, tenant_secret
from services.order.domain.identity.rules import SHIPPED_RULES
from shared.contracts.personal import with_personal_data_blanked
from tests.conftest import NOON
from tests.kernel import TENANT
from tests.order.builders import (
    DOCUMENT_NUMBERS,
    IDENTITY,
    IDENTITY_SECRET,
    Json,
    a_body,
    a_check,
    a_disconnection,
    a_fibre,
    a_member,
    accepted,
    an_item,
    faults_of,
    found,
    identified,
    order_id,
    product_of,
)
from tests.order.test_store import SENT

CHECK = "/relatedParty/0/realNameCheck"
RULES = SHIPPED_RULES.default
NUMBER = DOCUMENT_NUMBERS[0]
IN_NANJING = {"role": "installation address", "localNetwork": "025"}


def a_plan(id_: str = "1") -> Json:
    return an_item(id_, "plan-20", place=IN_NANJING)


def an_action(action: str, product: Product) -> Json:
    """Return an order for an action on a product."""
    item = {"id": "1", "action": "modify", "businessAction": action}
    return a_body(item | {"product": {"id": str(product.id)}})


def held(*numbers: int, group: str = "phone-cards") -> tuple[IdentityHolding, ...]:
    """Return what counts for the identity: the products of these orders."""
    return tuple(
        IdentityHolding(order_id(n), TENANT, IDENTITY, group, order_id(n), order_id(n))
        for n in numbers
    )


def a_block(since: timedelta = timedelta(), until: timedelta | None = None) -> IdentityBlock:
    ends = None if until is None else NOON + until
    return IdentityBlock(
        order_id(9), TENANT, IDENTITY, "residentIdentityCard", "debt", NOON + since, ends, "li-na"
    )


def test_an_order_keeps_a_reference_and_a_keyed_hash_and_no_number() -> None:
    order = accepted(identified(a_body(a_plan()))).order

    (check,) = order.content.real_name_checks
    assert (check.role, check.system, check.reference) == ("customer", "RNV", "RNV-2026-0001")
    assert (check.checked_at, check.identity) == (NOON, IDENTITY)
    assert NUMBER.encode() not in msgspec.json.encode(order.content)


@pytest.mark.parametrize("spelling", ["320102 19900307 8510", "３２０１０２199003078510"])  # noqa: RUF001  full width
def test_a_number_has_one_key_in_every_spelling(spelling: str) -> None:
    assert identity_key(IDENTITY_SECRET, "residentIdentityCard", spelling) == IDENTITY


def test_keys_of_two_tenants_or_types_of_document_are_not_equal() -> None:
    other = tenant_secret(b"a key for persons in tests", "another")

    assert identity_key(other, "residentIdentityCard", NUMBER) != IDENTITY
    assert identity_key(IDENTITY_SECRET, "passport", NUMBER) != IDENTITY


@pytest.mark.parametrize(
    ("body", "is_needed"),
    [
        (a_body(a_plan()), True),
        (a_body(a_plan(), a_member("2", "member-card")), True),
        (a_body(an_item("1", "ftth-300")), False),
        (a_body(an_item("1", "voice-basic")), False),
    ],
)
def test_a_specification_says_which_actions_need_a_check(*, body: Json, is_needed: bool) -> None:
    assert faults_of(body) == ({(CHECK, "identity-missing")} if is_needed else set())
    assert faults_of(identified(body)) == set()


@pytest.mark.parametrize(
    ("action", "is_needed"), [("sim-swap", True), ("change-number", False), ("suspend", False)]
)
def test_an_action_on_a_product_needs_a_check_if_the_specification_says_so(
    *, action: str, is_needed: bool
) -> None:
    plan = product_of("plan-20")()
    body = an_action(action, plan)
    if action == "suspend":
        body["productOrderItem"][0]["suspensionReason"] = "request"

    expected = {(CHECK, "identity-missing")} if is_needed else set()
    assert faults_of(body, products=(plan,)) == expected


def test_a_transfer_needs_the_check_of_the_new_holder_and_keeps_those_of_all_parties() -> None:
    plan = product_of("plan-20")()
    customer = {"id": "C-2", "role": "customer"}
    previous = {"id": "C-1", "role": "previous owner", "realNameCheck": a_check()}
    agent = {"role": "agent", "realNameCheck": a_check(reference="RNV-AGENT", documentNumber="")}
    body = an_action("transfer", plan) | {"relatedParty": [customer, previous, agent]}
    assert faults_of(body, products=(plan,)) == {(CHECK, "identity-missing")}

    order = accepted(identified(body, DOCUMENT_NUMBERS[1]), 2, products=(plan,)).order

    checks = {each.role: each for each in order.content.real_name_checks}
    assert list(checks) == ["customer", "previous owner", "agent"]
    assert (checks["agent"].reference, checks["agent"].identity) == ("RNV-AGENT", "")
    other = identity_key(IDENTITY_SECRET, "residentIdentityCard", DOCUMENT_NUMBERS[1])
    assert (order.content.identity, checks["previous owner"].identity) == (other, "")


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ({"system": ""}, "identity-missing"),
        ({"reference": ""}, "identity-missing"),
        ({"documentType": ""}, "identity-missing"),
        ({"documentNumber": ""}, "identity-missing"),
        ({"documentNumber": "- -"}, "identity-missing"),
        ({"documentType": "club card"}, "identity-document-unknown"),
        ({"documentNumber": "320102199003078519"}, "identity-number-false"),
        ({"checkedAt": "2099-01-31T12:00:00Z"}, "identity-in-future"),
    ],
)
def test_a_check_that_is_incomplete_or_wrong_is_refused_even_if_none_is_needed(
    part: Json, code: str
) -> None:
    (fault,) = found(identified(a_body(), **part))

    (name,) = part
    assert (fault.field, fault.code) == (f"{CHECK}/{name}", code)
    assert NUMBER[:-1] not in fault.reason + fault.remedy


@pytest.mark.parametrize(("hours", "is_stale"), [(23, False), (25, True)])
def test_a_check_that_is_older_than_the_period_is_refused_where_one_is_needed(
    *, hours: int, is_stale: bool
) -> None:
    at = (NOON - timedelta(hours=hours)).isoformat()
    stale = {(f"{CHECK}/checkedAt", "identity-stale")}

    assert faults_of(identified(a_body(a_plan()), checkedAt=at)) == (stale if is_stale else set())
    assert faults_of(identified(a_body(), checkedAt=at)) == set()
    any_age = RealNameContext(msgspec.structs.replace(RULES, valid_hours=None))
    assert faults_of(identified(a_body(a_plan()), checkedAt=at), real_name=any_age) == set()


def test_the_limit_counts_what_is_held_and_what_the_order_adds() -> None:
    two = identified(a_body(a_plan(), a_member("2", "member-card")))

    assert faults_of(two, real_name=RealNameContext(RULES, held(2, 3, 4))) == set()
    (fault,) = found(two, real_name=RealNameContext(RULES, held(2, 3, 4, 5)))
    assert (fault.field, fault.code) == (CHECK, "identity-limit")
    assert "holds 4 of at most 5" in fault.reason
    assert "adds 2" in fault.reason
    other_group = RealNameContext(RULES, held(2, 3, 4, 5, group="lines"))
    assert faults_of(two, real_name=other_group) == set()


def test_a_limit_differs_by_type_of_document_and_may_be_none() -> None:
    full = RealNameContext(RULES, held(2, 3, 4, 5, 6))
    company = {"documentType": "统一社会信用代码", "documentNumber": "91350100M000100Y43"}

    assert faults_of(identified(a_body(a_plan())), real_name=full) == {(CHECK, "identity-limit")}
    assert faults_of(identified(a_body(a_plan()), **company), real_name=full) == set()
    unlimited = full._replace(rules=msgspec.structs.replace(RULES, limits=()))
    assert faults_of(identified(a_body(a_plan())), real_name=unlimited) == set()


def test_a_product_that_stays_with_its_identity_is_not_counted_twice() -> None:
    plan = product_of("plan-20")()
    parties = [{"id": "C-2", "role": "customer"}, {"id": "C-1", "role": "previous owner"}]
    body = identified(an_action("transfer", plan) | {"relatedParty": parties})
    body["productOrderItem"][0]["product"]["id"] = plan.id.hex.upper()
    others = held(2, 3, 4, 5)
    own = IdentityHolding(order_id(1), TENANT, IDENTITY, "phone-cards", plan.id, order_id(1))

    own_card = RealNameContext(RULES, (*others, own))
    assert faults_of(body, products=(plan,), real_name=own_card) == set()
    sixth = RealNameContext(RULES, held(2, 3, 4, 5, 6))
    assert faults_of(body, products=(plan,), real_name=sixth) == {(CHECK, "identity-limit")}


@pytest.mark.parametrize(
    ("block", "is_refused"),
    [
        (a_block(), True),
        (a_block(timedelta(hours=1)), False),
        (a_block(timedelta(hours=-2), timedelta(hours=-1)), False),
        (a_block(timedelta(hours=-1), timedelta(hours=1)), True),
    ],
)
def test_a_blocked_identity_is_refused_while_its_block_is_in_effect(
    *, block: IdentityBlock, is_refused: bool
) -> None:
    context = RealNameContext(RULES, (), block)

    expected = {(CHECK, "identity-blocked")} if is_refused else set()
    assert faults_of(identified(a_body()), real_name=context) == expected


def test_a_block_refuses_only_the_actions_that_the_rules_name() -> None:
    fibre, context = a_fibre(), RealNameContext(RULES, (), a_block())
    body = identified(a_body(a_disconnection(fibre.id)))

    assert faults_of(body, products=(fibre,), real_name=context) == set()


def test_all_faults_are_named_at_once() -> None:
    body = identified(a_body(a_plan(), an_item("2", "no-such")), checkedAt="2020-01-31T12:00:00Z")
    context = RealNameContext(RULES, held(2, 3, 4, 5, 6), a_block())

    assert {code for _, code in faults_of(body, real_name=context)} == {
        "identity-stale",
        "identity-limit",
        "identity-blocked",
        "offering-unknown",
    }


def test_the_answer_shows_the_check_and_no_identity_and_billing_sees_none() -> None:
    done = accepted(identified(a_body(a_plan())))

    answer = render_answer(done.order, done.progress)

    (shown,) = msgspec.json.decode(answer)["realNameCheck"]
    assert shown == {
        "role": "customer",
        "system": "RNV",
        "reference": "RNV-2026-0001",
        "checkedAt": f"{NOON:%Y-%m-%dT%H:%M:%S}.000Z",
        "documentType": "residentIdentityCard",
    }
    assert IDENTITY.encode() not in answer
    assert without_customer_data(show_order(done.order, done.progress)).real_name_check is None


def test_an_order_is_restored_from_its_message_with_check_and_count_and_blanked_in_it() -> None:
    done = accepted(identified(a_body(a_plan())))
    record = order_record(done.order, SENT)
    message = msgspec.structs.replace(done.message, record=record)

    assert order_as_published(message, TENANT, {}).order == done.order
    blank = msgspec.json.encode(with_personal_data_blanked(message))
    assert IDENTITY.encode() in msgspec.json.encode(message)
    assert IDENTITY.encode() not in blank
    assert b"RNV-2026-0001" not in blank
