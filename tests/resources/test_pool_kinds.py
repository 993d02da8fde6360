"""The table of kinds: its rules agree, and no other module compares kinds."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from services.resources.domain.pool.kind_publication import KIND_NAME, kinds_faults
from services.resources.domain.pool.states import (
    NUMBER_LIFE_CYCLE,
    POOL_ITEM_LIFE_CYCLE,
    ResourceLifeCycle,
)
from services.resources.store.kinds import SHIPPED
from shared.contracts import Need, RefusalCode
from shared.persistence.database import Sessions
from tests.kernel import dead_letter_rows
from tests.provisioning.builders import shipped
from tests.resources.builders import (
    an_assignment_request,
    assigned_values,
    handle,
    import_plant,
    latest_messages,
    order_id,
    refusal_code,
)
from tests.resources.new_kinds import AREA_ADDRESS, SIM, import_blocks_of, publish
from tools.verify.transitions import NUMBER as NUMBER_TRANSITIONS
from tools.verify.transitions import POOL_ITEM as POOL_ITEM_TRANSITIONS

TABLE = Path("services/resources/domain/pool/kinds.py")
CONSTANTS = {name.upper() for name in SHIPPED}
FOLDERS = ("services/resources", "tools")
EXEMPT = {
    TABLE: "says which kind has the table of numbers",
    Path("services/resources/tables.py"): "the index of a kind from before kinds were data",
    Path("tools/verify/resource_kinds.py"): "imports no service, and names the kind of numbers",
}

IN_SQL = re.compile(rf"kind\s*(=|<>|!=|(NOT )?IN)\s*\(?\s*'({'|'.join(SHIPPED)})'", re.IGNORECASE)


def compared_kinds(source: str) -> list[str]:
    """Return the comparisons of something with one kind, by its constant, name or text."""
    return [ast.unparse(node) for node in ast.walk(ast.parse(source)) if is_comparison(node)]


def is_comparison(node: ast.AST) -> bool:
    """Tell whether a node compares with a kind, in Python or SQL, or matches one."""
    match node:
        case ast.Compare():
            return any(map(names_kind, [node.left, *node.comparators]))
        case ast.Match():
            return any(names_kind(case.pattern) for case in node.cases)
        case ast.Constant(value=str(value)):
            return IN_SQL.search(value) is not None
        case _:
            return False


def names_kind(node: ast.AST) -> bool:
    """Tell whether a kind is named in a side of a comparison."""
    return any(
        (isinstance(each, ast.Constant) and each.value in SHIPPED)
        or (isinstance(each, ast.Name) and each.id in CONSTANTS)
        or (isinstance(each, ast.Attribute) and each.attr in CONSTANTS)
        for each in ast.walk(node)
    )


def modules() -> Iterator[Path]:
    """Yield the modules; migrations keep the words of their time."""
    for folder in FOLDERS:
        yield from (each for each in Path(folder).rglob("*.py") if "migrations" not in each.parts)


def test_no_module_compares_kinds() -> None:
    elsewhere = {
        str(path): found
        for path in modules()
        if path not in EXEMPT and (found := compared_kinds(path.read_text()))
    }

    assert elsewhere == {}


@pytest.mark.parametrize(
    "source",
    [
        "pool.kind is NUMBER",
        "pool.kind == kinds.NUMBER.name",
        "each.kind == 'number'",
        "kind in {'leg', 'vlan'}",
        "kind not in (LEG, VLAN)",
        "match kind:\n    case 'pair':\n        pass",
        "text(\"SELECT 1 FROM pools WHERE kind = 'leg'\")",
        "text(\"SELECT 1 FROM pools WHERE p.kind IN ('leg', 'vlan')\")",
    ],
)
def test_a_comparison_is_found(source: str) -> None:
    assert compared_kinds(source)


@pytest.mark.parametrize(
    "source",
    [
        "table_of_kind(kind) is ResourceTable.NUMBERS",
        "record('number', value)",
        "a.kind == b.kind",
        "kind = 'number'",
    ],
)
def test_a_question_about_the_rules_is_no_comparison(source: str) -> None:
    assert compared_kinds(source) == []


@pytest.mark.parametrize("name", SHIPPED)
def test_every_kind_is_in_the_documentation(name: str) -> None:
    assert f"\n| `{name}` |" in Path("docs/flows/assignment.md").read_text()
    assert f"`{name}`" in Path("docs/glossary.md").read_text()


def test_shipped_blueprints_need_kinds_of_the_release_alone() -> None:
    needed = {need.kind for each in shipped().values() for need in each.needs}

    assert needed - set(SHIPPED) == set()


@pytest.mark.parametrize("name", SHIPPED)
def test_no_kind_of_a_release_can_have_the_name_of_a_published_one(name: str) -> None:
    assert not KIND_NAME.fullmatch(name)


@pytest.mark.parametrize("rule", ["is_graded", "comes_with_splitters"])
def test_a_rule_that_only_numbers_or_splitters_have_is_not_published(rule: str) -> None:
    kind = msgspec.structs.replace(SIM, **{rule: True})

    assert [each.field for each in kinds_faults([kind], SHIPPED)] == [f"/0/{rule}"]


@pytest.mark.parametrize(
    ("life_cycle", "legal"),
    [(NUMBER_LIFE_CYCLE, NUMBER_TRANSITIONS), (POOL_ITEM_LIFE_CYCLE, POOL_ITEM_TRANSITIONS)],
    ids=("number", "item"),
)
def test_the_verification_judges_every_kind_by_its_life_cycle(
    life_cycle: ResourceLifeCycle, legal: Mapping[str, Any]
) -> None:
    for steps in life_cycle.transitions.values():
        assert [was for was, became in steps.items() if became.value not in legal[was.value]] == []


@pytest.mark.parametrize(
    "need", [Need(kind="pair", picked="X/0000001"), Need(kind="pair", grade="AAA")]
)
def test_a_need_cannot_choose_what_its_kind_does_not_offer(sessions: Sessions, need: Need) -> None:
    import_plant(sessions)

    handle(sessions, an_assignment_request(1, need))

    assert [row.key for row in dead_letter_rows(sessions)] == [order_id(1).bytes]


def test_a_kind_of_a_region_is_served_from_the_pool_of_the_address_s_region(
    sessions: Sessions,
) -> None:
    import_plant(sessions)
    need = Need(kind=AREA_ADDRESS.name)
    publish(sessions, AREA_ADDRESS)
    import_blocks_of(sessions, AREA_ADDRESS, "025", 1)

    handle(sessions, an_assignment_request(1, need))
    handle(sessions, an_assignment_request(2, need, address=""))

    found = latest_messages(sessions)
    assert assigned_values(found[order_id(1)]) == ["025/0000001"]
    assert refusal_code(found[order_id(2)]) is RefusalCode.UNSERVED


def test_a_kind_that_is_served_from_anywhere_needs_no_address(sessions: Sessions) -> None:
    import_plant(sessions)
    publish(sessions, SIM)
    import_blocks_of(sessions, SIM, "anywhere", 1)

    handle(sessions, an_assignment_request(1, Need(kind=SIM.name), address=""))

    assert assigned_values(latest_messages(sessions)[order_id(1)]) == ["anywhere/0000001"]
