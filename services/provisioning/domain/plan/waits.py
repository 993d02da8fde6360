"""Waits: when a step of kind wait ends, after a time or at a date.

A date is text: `2026-12-24`, which begins at midnight in China, or a date and time with its offset,
`2026-12-24T08:00:00+08:00`.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta, timezone

from services.provisioning.domain.blueprint.blueprint import Blueprint, BlueprintStep, StepKind
from services.provisioning.domain.plan.plan import PlanItem, PlanStep
from services.provisioning.domain.plan.templates import applies, fill_text
from shared.input.timestamps import parse_day, parse_timestamp

CHINA = timezone(timedelta(hours=8), "CST")
MAX_AHEAD = timedelta(days=10 * 366)
"""How far in the future a date can be."""


def parse_date(text: str) -> datetime | None:
    """Return the instant at which a date begins, in UTC; None if it is no date, or has no offset.

    Some dates of the first and the last year have no instant in UTC.
    """
    day = parse_day(text)
    found = datetime.combine(day, time(), CHINA) if day else parse_timestamp(text)
    try:
        return found.astimezone(UTC) if found else None
    except OverflowError:
        return None


def awaited_date(step: BlueprintStep, item: PlanItem) -> datetime | None:
    """Return the date from which a step waits; None if it waits for none, or has no valid one."""
    return parse_date(fill_text(step.until, item)) if step.until else None


def has_no_date(step: BlueprintStep, item: PlanItem) -> bool:
    """Tell whether a step waits for a date that its item does not have."""
    return bool(step.until) and awaited_date(step, item) is None


def wait_ends_at(step: PlanStep, item: PlanItem, began_at: datetime | None) -> datetime | None:
    """Return when a step that waits ends; None if that is not known before it begins."""
    blueprint = step.blueprint
    since = awaited_date(blueprint, item) if blueprint.until else began_at
    is_wait = blueprint.kind is StepKind.WAIT
    return since + timedelta(seconds=blueprint.wait_s) if is_wait and since else None


def wrong_dates(planned: Iterable[tuple[PlanItem, Blueprint]], now: datetime) -> str:
    """Return why an order cannot be planned whose steps wait for dates; empty if it can."""
    for item, blueprint in planned:
        for step in blueprint.steps:
            if step.until and applies(step, item):
                date = awaited_date(step, item)
                if date is None or date > now + MAX_AHEAD:
                    problem = "is no date" if date is None else "is more than 10 years ahead"
                    return f"{step.until}, for which {step.name} of item {item.id} waits, {problem}"
    return ""
