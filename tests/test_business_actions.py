"""Actions are compared in one table per service, and the tables agree on what is enabled."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.order.domain import business_actions as order
from services.provisioning.domain import business_actions as provisioning
from services.provisioning.domain.blueprint.need_validation import DEFAULT_EFFECTS
from services.resources.domain import business_actions as resources
from shared.contracts import Action, BusinessAction, NeedEffect

TABLES = {
    f"services/{service}/domain/business_actions.py"
    for service in ("order", "provisioning", "resources", "customer")
}
ALLOWED = TABLES | {
    # How TMF622 carries the actions, and how messages of earlier versions are read.
    "shared/contracts/business_actions.py",
    # They compare the services with each other, so they use no table of a service.
    "services/console/catalogue.py",
    "tools/verify/expected_state.py",
}
ENUMS = ("Action", "BusinessAction")
VALUES = {each.value for kind in (Action, BusinessAction) for each in kind}
MEMBERS = {name for kind in (Action, BusinessAction) for name in kind.__members__}


def modules() -> Iterator[Path]:
    """Yield the modules of services, kernel and tools; migrations keep the words of their time."""
    for folder in ("services", "shared", "tools"):
        for path in Path(folder).rglob("*.py"):
            if "migrations" not in path.parts:
                yield path


def found_in(source: str) -> list[str]:
    """Return the members of the actions that a module uses, and its comparisons with their text."""
    return [
        ast.unparse(node)
        for node in ast.walk(ast.parse(source))
        if is_member(node) or is_comparison_with_text(node) or is_match_of_text(node)
    ]


def is_member(node: ast.AST) -> bool:
    """Tell whether a node is `Action.ADD`, `BusinessAction.NEW` or another member."""
    return (
        isinstance(node, ast.Attribute)
        and node.attr in MEMBERS
        and ast.unparse(node.value).rpartition(".")[2] in ENUMS
    )


def is_comparison_with_text(node: ast.AST) -> bool:
    """Tell whether something called an action is compared with the text of one."""
    if not isinstance(node, ast.Compare):
        return False
    sides = [node.left, *node.comparators]
    return any(map(has_value, sides)) and any("action" in ast.unparse(each) for each in sides)


def is_match_of_text(node: ast.AST) -> bool:
    """Tell whether something called an action is matched with the text of one."""
    return (
        isinstance(node, ast.Match)
        and "action" in ast.unparse(node.subject)
        and any(has_value(case.pattern) for case in node.cases)
    )


def has_value(node: ast.AST) -> bool:
    """Tell whether the text of an action is in a node."""
    return any(
        isinstance(each, ast.Constant) and each.value in VALUES and isinstance(each.value, str)
        for each in ast.walk(node)
    )


def test_actions_are_compared_in_the_tables_alone() -> None:
    elsewhere = {
        str(path): found
        for path in modules()
        if str(path) not in ALLOWED and (found := found_in(path.read_text()))
    }

    assert elsewhere == {}


def test_every_allowed_module_uses_actions() -> None:
    assert [path for path in ALLOWED if not found_in(Path(path).read_text())] == []


@pytest.mark.parametrize(
    "source",
    [
        "item.action is Action.ADD",
        "item.action in {contracts.Action.ADD}",
        "rules = {BusinessAction.DISCONNECT: 1}",
        "item.action == 'delete'",
        "item['business_action'] in ('new', 'change')",
        "match item.action:\n    case 'add':\n        pass",
    ],
)
def test_a_comparison_elsewhere_is_found(source: str) -> None:
    assert found_in(source)


@pytest.mark.parametrize(
    "source",
    [
        "rule.effect is ProductEffect.CREATES",
        "each.kind == 'new'",
        "decision.action is FalloutAction.SKIP",
        "by_key[item.specification, item.action]",
    ],
)
def test_effects_and_other_words_may_be_compared_anywhere(source: str) -> None:
    assert found_in(source) == []


def test_order_enables_the_actions_that_provisioning_can_carry_out() -> None:
    assert set(order.ENABLED_ACTIONS) == set(provisioning.ENABLED_ACTIONS)


def test_provisioning_asks_resources_for_what_their_own_table_says() -> None:
    """Versions of resources that do not know business actions read only the request."""
    for action in (BusinessAction.NEW, BusinessAction.DISCONNECT):
        asked = provisioning.BUSINESS_ACTIONS[action].hold
        assert asked
        assert NeedEffect(asked) is resources.BUSINESS_ACTIONS[action].assignment


def test_a_need_has_the_same_effect_to_the_validation_of_blueprints_as_to_resources() -> None:
    for action, rule in provisioning.BUSINESS_ACTIONS.items():
        if rule.effect in DEFAULT_EFFECTS:
            assert DEFAULT_EFFECTS[rule.effect] is resources.BUSINESS_ACTIONS[action].assignment
