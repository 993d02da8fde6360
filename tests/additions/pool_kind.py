"""A pool kind: ports of access gateways (AG), a range of them at each exchange."""

from tests.additions.edits import (
    Addition,
    append_blueprint,
    append_json,
    insert_after,
    replace,
)

KIND = {
    "name": "agp",
    "description": "A port of an access gateway of an exchange.",
    "served_from": "exchange",
}

AGP = Addition(
    name="pool kind agp",
    section="A pool kind",
    edits=(
        append_json("services/resources/data/pool_kinds.json", KIND),
        append_blueprint(
            "services/provisioning/data/blueprints.json",
            "voice/new",
            need={"kind": "agp"},
            step="subscriber",
            parameter={"name": "port", "value": "$agp.value"},
        ),
        replace("tools/province/items.py", '"rackunit": 42}', '"rackunit": 42, "agp": 64}'),
        insert_after(
            "docs/flows/assignment.md",
            "| `pair` | the exchange's distribution frame",
            "| `agp` | the exchange's access gateways | blocks of ports | `NJ-XW/0000001` |",
        ),
        insert_after(
            "docs/glossary.md",
            "| 线对 | pair |",
            "| 接入网关端口 | gateway port | `agp` | a port of an access gateway (AG) |",
        ),
    ),
    not_needed={"tools/verify/resource_kinds.py": "its values identify no customer"},
    incomplete={
        "docs/flows/assignment.md": "tests/resources/test_pool_kinds.py"
        "::test_every_kind_is_in_the_documentation",
    },
)
