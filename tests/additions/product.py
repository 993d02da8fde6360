"""A product: television over fibre (CATV), as a line of its own."""

from typing import Any

from tests.additions.edits import (
    Addition,
    append_json,
    insert_after,
    insert_before,
    new_file,
    replace,
)

SPECIFICATION = {
    "id": "catv",
    "version": 1,
    "name": "Television (CATV)",
    "description": "Television over a splitter leg of a passive optical network.",
    "needs_address": True,
    "characteristics": [
        {
            "name": "channels",
            "description": "The package of channels. Each offering has its own.",
            "required": True,
            "allowed": ["basic", "sport"],
        }
    ],
}
OFFERING = {
    "id": "catv-basic",
    "version": 1,
    "name": "Television, basic",
    "specification": "catv",
    "fixed": [{"name": "channels", "value": "basic"}],
    "prices": [
        {"id": "catv-set-top-box", "name": "Box", "kind": "oneTime", "amount_cents": 8000},
        {"id": "catv-monthly", "name": "Monthly", "kind": "recurring", "amount_cents": 2000},
    ],
}

NEEDS = [{"kind": "leg"}, {"kind": "vlan"}, {"kind": "loid"}]
VLANS = [
    {"name": "svlan", "value": "$vlan.svlan"},
    {"name": "cvlan", "value": "$vlan.cvlan"},
    {"name": "loid", "value": "$loid.value"},
]
BLUEPRINTS = "services/provisioning/data/blueprints.json"
ASSIGN = {"name": "assign", "kind": "assign"}


def on_olt(operation: str, undo: str, already: str) -> dict[str, Any]:
    """Return the step that changes the line's profile."""
    return {
        "name": "profile",
        "kind": "activate",
        "title": f"{operation} on the OLT",
        "after": ["assign"],
        "element": "$leg.element",
        "operation": operation,
        "undo": undo,
        "nothing_to_undo": [already],
        "parameters": [{"name": "pon_port", "value": "$leg.pon_port"}, *VLANS],
    }


def by_crew(operation: str, undo: str) -> dict[str, Any]:
    """Return the step at the customer's."""
    return {
        "name": "box",
        "kind": "work_order",
        "title": f"{operation} at the customer's",
        "after": ["profile"],
        "operation": operation,
        "undo": undo,
        "parameters": [{"name": "splitter", "value": "$leg.splitter"}],
        "skill": "fibre",
        "district": "$leg.exchange",
        "tries": 3,
        "on_failure": "people",
    }


NEW = {
    "specification": "catv",
    "business_action": "new",
    "version": 1,
    "needs": NEEDS,
    "steps": [
        ASSIGN,
        on_olt("add-profile", "remove-profile", "profile-missing"),
        by_crew("install-set-top-box", "recover-set-top-box"),
    ],
}
DISCONNECT = {
    "specification": "catv",
    "business_action": "disconnect",
    "version": 1,
    "needs": NEEDS,
    "steps": [
        ASSIGN,
        on_olt("remove-profile", "add-profile", "profile-exists"),
        by_crew("recover-set-top-box", "install-set-top-box") | {"ponr": "soft"},
    ],
}

EXAMPLE = """\
{
  "externalId": "EXAMPLE-CATV-NEW",
  "channel": [{"id": "internet"}],
  "relatedParty": [{
    "id": "C-025-90003", "role": "customer", "name": "王芳", "@referredType": "Individual"
  }],
  "productOrderItem": [{
    "id": "1",
    "action": "add",
    "productOffering": {"id": "catv-basic"},
    "product": {
      "productCharacteristic": [{"name": "channels", "value": "basic"}],
      "place": [{
        "id": "addr-320102-002-0003", "role": "installation address", "localNetwork": "025"
      }]
    }
  }]
}
"""
FLOW = """\
# Television over fibre, new installation (新装)

A leg, a VLAN and a LOID are reserved, the profile is added on the OLT, and a crew installs the box.
"""
SCENARIO = """\
    Scenario(
        description="television, new",
        share=6,
        product=DemoProduct.TELEVISION,
        outcome=PostOutcome.COMPLETED,
        is_mandatory=False,
    ),
"""

LINE = """\
    "catv": Line(
        "catv-basic",
        refused={"new": (OLT, "add-profile"), "disconnect": (OLT, "remove-profile")},
        holds=frozenset({"leg", "vlan", "loid"}),
    ),
"""
LIFE = "`test_lines.py::test_a_product_lives_its_life`"
REFUSED = "`test_lines.py::test_an_action_that_its_element_refuses_leaves_everything_as_it_was`"
ROWS = (
    f"| `catv` | `new` | [catv-new](../../examples/catv-new.json) | {LIFE} | {REFUSED} |\n"
    f"| `catv` | `disconnect` | [disconnect](../../examples/disconnect.json) | {LIFE} | {REFUSED} |"
)

CATV = Addition(
    name="product catv",
    section="A product",
    placeholders={"NAME": "catv-new"},
    edits=(
        append_json("services/order/data/catalogue.json", SPECIFICATION, "specifications"),
        append_json("services/order/data/catalogue.json", OFFERING, "offerings"),
        append_json(BLUEPRINTS, NEW),
        append_json(BLUEPRINTS, DISCONNECT),
        new_file("examples/catv-new.json", EXAMPLE),
        insert_after(
            "examples/README.md",
            "| `bundle-home.json` |",
            "| `catv-new.json` | television | 201, 80.00 once, 20.00 a month | completed |",
        ),
        insert_after(
            "tests/order/test_examples.py",
            '    "bundle-home": (5000, 8670),',
            '    "catv-new": (8000, 2000),',
        ),
        insert_after(
            "tools/demo/scenarios.py",
            '    """Fibre and telephone in a bundle."""',
            '\n    TELEVISION = "catv-new"',
        ),
        insert_after(
            "tools/demo/scenarios.py",
            '    DemoProduct.DATA_PACK: "datapack",',
            '    DemoProduct.TELEVISION: "catv",',
        ),
        replace("tools/demo/day.py", "share=90", "share=84"),
        insert_before(
            "tools/demo/day.py",
            '    Scenario(\n        description="OLT drops its answer"',
            SCENARIO,
        ),
        new_file("docs/flows/catv-new.md", FLOW),
        insert_after("docs/flows/README.md", "| `card` | `disconnect` |", ROWS),
        insert_after("tests/flows/lines.py", "LINES: dict[str, Line] = {", LINE),
    ),
    not_needed={
        "services/provisioning/data/fragments.json": "fewer than three blueprints share its steps",
    },
    incomplete={
        BLUEPRINTS: "tests/provisioning/test_blueprint_validation.py"
        "::test_new_installation_and_disconnection_of_every_product_are_shipped",
        "examples/README.md": "tests/order/test_examples.py::test_every_example_is_documented",
    },
)
