"""The table of kinds: its rules agree, and no other module compares kinds."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.resources import store
from services.resources.domain.plant.plant import Exchange
from services.resources.domain.pool.kinds import (
    NUMBER,
    NUMBER_QUARANTINE,
    POOL_KINDS,
    PickedFrom,
    PoolKind,
    ResourceTable,
    ServedFrom,
    UniqueWithin,
    index_by_name,
)
from services.resources.domain.pool.resource import Pool
from services.resources.domain.pool.states import (
    POOL_ITEM_LIFE_CYCLE,
    QUARANTINED_ITEM_LIFE_CYCLE,
)
from shared.contracts import Need, RefusalCode
from shared.errors import PoisonError
from shared.persistence.database import Sessions
from tests.kernel import TENANT, dead_letter_rows
from tests.resources.builders import (
    an_assignment_request,
    assigned_values,
    handle,
    import_plant,
    latest_messages,
    order_id,
    refusal_code,
)
from tests.resources.new_kinds import AREA_ADDRESS, IPTV_PORT, SIM, import_blocks_of, known_kinds
from tools.verify.transitions import NUMBER as NUMBER_TRANSITIONS
from tools.verify.transitions import POOL_ITEM as POOL_ITEM_TRANSITIONS

TABLE = Path("services/resources/domain/pool/kinds.py")
CONSTANTS = {name.upper() for name in POOL_KINDS}
FOLDERS = ("services/resources", "tools")
VERIFICATION = Path("tools/verify/resource_kinds.py")
"""It may import no service, and so names the kind of the rows of `numbers` itself."""

IN_SQL = re.compile(
    rf"kind\s*(=|<>|!=|(NOT )?IN)\s*\(?\s*'({'|'.join(POOL_KINDS)})'", re.IGNORECASE
)


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
        (isinstance(each, ast.Constant) and each.value in POOL_KINDS)
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
        if path != VERIFICATION and (found := compared_kinds(path.read_text()))
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
        "kind.table is ResourceTable.NUMBERS",
        "record('number', value)",
        "a.kind == b.kind",
        "kind = 'number'",
    ],
)
def test_a_question_about_the_rules_is_no_comparison(source: str) -> None:
    assert compared_kinds(source) == []


@pytest.mark.parametrize("name", POOL_KINDS)
def test_every_kind_is_in_the_documentation(name: str) -> None:
    assert f"\n| `{name}` |" in Path("docs/flows/assignment.md").read_text()
    assert f"`{name}`" in Path("docs/glossary.md").read_text()


def test_the_table_of_numbers_has_one_kind() -> None:
    """Its rows do not say of which kind they are."""
    other = replace(NUMBER, name="short-number")

    with pytest.raises(ValueError, match="table of numbers"):
        index_by_name(NUMBER, other)
    with pytest.raises(ValueError, match="one name"):
        index_by_name(NUMBER, NUMBER)


@pytest.mark.parametrize(
    "rules",
    [
        {"quarantine": NUMBER_QUARANTINE},
        {"life_cycle": QUARANTINED_ITEM_LIFE_CYCLE},
        {"picked_from": PickedFrom.REGION},
        {"picked_from": PickedFrom.REGION, "unique_within": UniqueWithin.TENANT},
        {"is_graded": True},
    ],
)
def test_rules_that_contradict_each_other_are_refused(rules: dict[str, Any]) -> None:
    usual: dict[str, Any] = {"life_cycle": POOL_ITEM_LIFE_CYCLE, "served_from": ServedFrom.EXCHANGE}

    with pytest.raises(ValueError, match="port: "):
        PoolKind(name="port", **(usual | rules))


@pytest.mark.parametrize("kind", [*POOL_KINDS.values(), IPTV_PORT], ids=lambda each: each.name)
def test_the_verification_judges_every_kind_by_its_life_cycle(kind: PoolKind) -> None:
    legal = NUMBER_TRANSITIONS if kind.table is ResourceTable.NUMBERS else POOL_ITEM_TRANSITIONS

    for steps in kind.life_cycle.transitions.values():
        assert [was for was, became in steps.items() if became.value not in legal[was.value]] == []


@pytest.mark.parametrize(
    "need", [Need(kind="pair", picked="X/0000001"), Need(kind="pair", grade="AAA")]
)
def test_a_need_cannot_choose_what_its_kind_does_not_offer(sessions: Sessions, need: Need) -> None:
    import_plant(sessions)

    handle(sessions, an_assignment_request(1, need))

    assert [row.key for row in dead_letter_rows(sessions)] == [order_id(1).bytes]


def test_a_stored_row_of_an_unknown_kind_names_it() -> None:
    with pytest.raises(PoisonError, match="no pool of iptv_port"):
        _ = Pool(TENANT, "iptv_port", "X").rules


def a_pool_outside_of_plant(sessions: Sessions, kind: PoolKind, name: str) -> None:
    """Import one resource into a pool that belongs to no exchange."""
    with sessions.begin() as session:
        store.upsert_exchanges(session, TENANT, [Exchange(id=name, name="", local_network="025")])
    import_blocks_of(sessions, kind, name, 1)


def test_a_kind_of_a_region_is_served_from_the_pool_of_the_address_s_region(
    sessions: Sessions,
) -> None:
    import_plant(sessions)
    need = Need(kind=AREA_ADDRESS.name)
    with known_kinds(AREA_ADDRESS):
        a_pool_outside_of_plant(sessions, AREA_ADDRESS, "025")

        handle(sessions, an_assignment_request(1, need))
        handle(sessions, an_assignment_request(2, need, address=""))

    found = latest_messages(sessions)
    assert assigned_values(found[order_id(1)]) == ["025/0000001"]
    assert refusal_code(found[order_id(2)]) is RefusalCode.UNSERVED


def test_a_kind_that_is_served_from_anywhere_needs_no_address(sessions: Sessions) -> None:
    import_plant(sessions)
    with known_kinds(SIM):
        a_pool_outside_of_plant(sessions, SIM, "anywhere")

        handle(sessions, an_assignment_request(1, Need(kind=SIM.name), address=""))

    assert assigned_values(latest_messages(sessions)[order_id(1)]) == ["anywhere/0000001"]
