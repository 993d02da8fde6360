"""A business action: a product is disconnected for non-payment (欠费拆机)."""

from tests.additions.edits import (
    Addition,
    append_json,
    insert_after,
    insert_before,
    new_file,
    replace,
)

NUMBER = [{"name": "number", "value": "$number.value"}]
BLUEPRINT = {
    "specification": "voice",
    "business_action": "cease",
    "version": 1,
    "needs": [{"kind": "number"}, {"kind": "pair"}],
    "steps": [
        {"name": "assign", "kind": "assign"},
        {
            "name": "enum",
            "kind": "activate",
            "title": "take the number out of ENUM",
            "after": ["assign"],
            "element": "ims",
            "operation": "remove-enum",
            "undo": "add-enum",
            "nothing_to_undo": ["enum-exists"],
            "parameters": NUMBER,
        },
        {
            "name": "subscriber",
            "kind": "activate",
            "title": "delete the IMS subscriber",
            "after": ["enum"],
            "element": "ims",
            "operation": "delete-subscriber",
            "undo": "create-subscriber",
            "nothing_to_undo": ["subscriber-exists"],
            "parameters": NUMBER,
        },
    ],
}
"""The jumper stays where it is: no crew drives out for it."""

EXAMPLE = """\
{
  "externalId": "EXAMPLE-CEASE",
  "channel": [{"id": "account-manager"}],
  "relatedParty": [{
    "id": "C-025-90002", "role": "customer", "name": "李娜", "@referredType": "Individual"
  }],
  "productOrderItem": [{
    "id": "1",
    "action": "delete",
    "businessAction": "cease",
    "product": {"id": "00000000-0000-0000-0000-000000000000"}
  }]
}
"""
FLOW = """\
# Disconnection for non-payment (欠费拆机)

As a [disconnection](disconnect.md) of a telephone, without a crew: the jumper stays.
"""
SCENARIO = """\
    Scenario(
        description="telephone, disconnected for non-payment",
        share=2,
        product=DemoProduct.TELEPHONE,
        outcome=PostOutcome.COMPLETED,
        variation=Variation.CEASE,
        is_mandatory=False,
    ),
"""
FLOW_TEST = '''\
"""Disconnection for non-payment: the number is in quarantine, and no crew is sent."""

from tests.flows.order_items import disconnection, telephone
from tests.flows.site import Site


def test_a_telephone_is_disconnected_and_its_number_goes_into_quarantine(site: Site) -> None:
    place = site.exchange_area()
    site.completed(site.order(telephone(place.served), customer="C-unpaid"))
    (product,) = site.products("C-unpaid")

    item = disconnection(product["id"]) | {"businessAction": "cease"}
    site.completed(site.order(item, customer="C-unpaid"))

    assert site.products("C-unpaid") == []
    assert site.number(product["productSerialNumber"], "quarantined")["until"]
'''
TABLES = {
    "order": ("OrderRule(ProductEffect.KEEPS)", "OrderRule(ProductEffect.ENDS, is_enabled=True)"),
    "provisioning": (
        "FulfilmentRule(ServiceEffect.KEEPS)",
        "FulfilmentRule(ServiceEffect.ENDS, hold=HoldAction.PRE_RELEASE)",
    ),
    "resources": (
        "HoldingRule(NeedEffect.KEEP, frozenset())",
        "HoldingRule(NeedEffect.PRE_RELEASE, frozenset({Transition.RELEASE}))",
    ),
    "customer": ("ViewEffect.SHOWN", "ViewEffect.REMOVED"),
}
"""The rule of each service that the row is inserted before, and the new rule."""

EXISTING_EFFECT = "it has the effects of a disconnection"

CEASE = Addition(
    name="business action cease",
    section="A business action",
    placeholders={"NAME": "cease"},
    edits=(
        insert_after(
            "shared/contracts/message_parts.py",
            '    """The product is removed (拆机)."""',
            '\n    CEASE = "cease"\n    """Disconnection for non-payment (欠费拆机)."""',
        ),
        insert_before(
            "shared/contracts/business_actions.py",
            "        BusinessAction.KEEP: Action.NO_CHANGE,",
            "        BusinessAction.CEASE: Action.DELETE,",
        ),
        *(
            insert_before(
                f"services/{service}/domain/business_actions.py",
                f"        BusinessAction.KEEP: {keep},",
                f"        BusinessAction.CEASE: {cease},",
            )
            for service, (keep, cease) in TABLES.items()
        ),
        replace(
            "tools/verify/expected_state.py",
            "frozenset({BusinessAction.DISCONNECT})",
            "frozenset({BusinessAction.DISCONNECT, BusinessAction.CEASE})",
        ),
        append_json("services/provisioning/data/blueprints.json", BLUEPRINT),
        new_file("docs/flows/cease.md", FLOW),
        insert_after(
            "docs/glossary.md",
            "| 拆机 | disconnection | `disconnect` |",
            "| 欠费拆机 | disconnection for non-payment | `cease` | action `delete` |",
        ),
        new_file("examples/cease.json", EXAMPLE),
        insert_after(
            "examples/README.md",
            "| `disconnect.json` |",
            "| `cease.json` | a telephone, for non-payment: a template | as above | completed |",
        ),
        insert_after(
            "tests/order/test_examples.py",
            '    "disconnect": a_product,',
            '    "cease": a_product,',
        ),
        insert_after(
            "tools/demo/scenarios.py", '    DISCONNECT = "disconnect"', '    CEASE = "cease"'
        ),
        replace(
            "tools/demo/scenarios.py",
            "frozenset({Variation.DISCONNECT})",
            "frozenset({Variation.DISCONNECT, Variation.CEASE})",
        ),
        insert_after(
            "tools/demo/scenarios.py",
            '    Variation.DISCONNECT: "disconnect",',
            '    Variation.CEASE: "cease",',
        ),
        replace(
            "tools/demo/day.py",
            'description="telephone, disconnect",\n        share=10',
            'description="telephone, disconnect",\n        share=8',
        ),
        insert_before(
            "tools/demo/day.py",
            '    Scenario(\n        description="telephone, disconnect"',
            SCENARIO,
        ),
        new_file("tests/flows/test_cease.py", FLOW_TEST),
    ),
    not_needed={
        "services/order/domain/acceptance/items.py": EXISTING_EFFECT,
        "services/order/domain/acceptance/accepted_items.py": EXISTING_EFFECT,
        "services/order/domain/acceptance/changes.py": EXISTING_EFFECT,
        "services/order/domain/fulfilment/installed_base.py": EXISTING_EFFECT,
        "services/provisioning/domain/service.py": EXISTING_EFFECT,
        "services/resources/domain/allocation/existing_holdings.py": EXISTING_EFFECT,
        "services/resources/domain/allocation/order_end.py": EXISTING_EFFECT,
        "services/resources/handlers.py": EXISTING_EFFECT,
        "tests/flows/test_disconnect.py": "it is an example to read",
        "services/console/catalogue.py": "not every product needs a blueprint for it",
    },
    incomplete={
        "services/resources/domain/business_actions.py": "tests/resources/test_business_actions.py"
        "::test_every_business_action_has_a_row",
        "tools/verify/expected_state.py": "tests/customer/test_business_actions.py"
        "::test_the_actions_that_remove_a_product_are_those_that_end_it_to_the_verification",
    },
)
