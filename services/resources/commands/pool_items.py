"""Withdrawing single resources from their pools, and restoring them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from services.resources import store
from services.resources.commands.kinds import require_kind
from services.resources.domain.pool.resource import Pool
from services.resources.domain.pool.states import ResourceState
from services.resources.domain.pool.withdrawal import (
    WithdrawnState,
    check_known_values,
    restore,
    withdraw,
)
from shared.access.approvals import Approval, SensitiveAction, request_approval_if_needed
from shared.messaging.unit_of_work import UnitOfWork
from shared.security.caller import Caller

WITHDRAW_ACTION, RESTORE_ACTION = "things.withdraw", "things.restore"

StateRule: TypeAlias = Callable[[Mapping[str, ResourceState], Pool], dict[str, ResourceState]]
"""Returns the new states of the resources of a pool that change."""


@dataclass(frozen=True, slots=True)
class ResourceSelection:
    """Resources of a pool that a person has selected, named in any spelling."""

    pool: Pool
    values: Sequence[str]
    reason: str


def withdraw_if_approved(
    selected: ResourceSelection, target: WithdrawnState, caller: Caller, work: UnitOfWork
) -> int | Approval:
    """Withdraw resources from a pool; return how many changed, or the approval that is pending.

    Raises:
        InvalidError: if the pool does not have one of them, or resources of the kind do not break.
        NotFreeError: if one of them is neither free nor withdrawn.
    """
    subject = f"{selected.pool.kind}/{selected.pool.name}"
    content = [target, sorted(selected.values)]
    action = SensitiveAction(WITHDRAW_ACTION, subject, content, selected.reason)
    rule = partial(withdraw, target=target)
    return request_approval_if_needed(work, caller, action) or change_states(
        selected, WITHDRAW_ACTION, caller.person, rule, work
    )


def restore_resources(selected: ResourceSelection, by: str, work: UnitOfWork) -> int:
    """Restore withdrawn resources to a pool; return how many changed.

    Raises:
        InvalidError: if the pool does not have one of them.
        NotFreeError: if one of them is neither withdrawn nor free.
    """
    return change_states(selected, RESTORE_ACTION, by, restore, work)


def change_states(
    selected: ResourceSelection, action: str, by: str, rule: StateRule, work: UnitOfWork
) -> int:
    """Change the states of a pool's resources, and record who did it and why."""
    name = store.canonical_plant_name(work.session, selected.pool.tenant, selected.pool.name)
    pool, reason = selected.pool._replace(name=name), selected.reason
    kind = require_kind(work.session, pool.tenant, pool.kind)
    names = {each: each for each in selected.values}
    if kind.has_small_pools:
        names = store.canonical_values(work.session, pool, selected.values)
    found = store.get_states_for_update(work.session, pool, set(names.values()))
    check_known_values([names[each] for each in selected.values], found)
    states = rule(found, pool)
    store.put_states(work.session, pool, states)
    work.audit(action, f"{pool.kind}/{pool.name}", reason=reason, things=len(states))
    for value, state in states.items():
        work.record_change(pool.kind, value, found[value], state, reason=f"by {by}: {reason}")
    return len(states)
