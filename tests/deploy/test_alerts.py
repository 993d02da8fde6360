"""Each kind of trouble has an alert and a section of the runbook."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.prometheus.alerts import ALERTS, Severity, rules_file_text
from shared.observability.metrics import REGISTRY
from shared.observability.troubles import BLOCKING_KINDS, Trouble, TroubleKind

RULES = Path("deploy/prometheus/rules/troubles.yml")
EXPORT_COMMAND = f"python -m deploy.prometheus.alerts > {RULES}"
RUNBOOK = Path("docs/runbook.md")
DO = re.compile(r"^1\. ", re.MULTILINE)


def alerts() -> list[dict[str, Any]]:
    """Return the alerts, as Prometheus reads them."""
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def sections() -> dict[str, str]:
    """Return the runbook's sections by their heading."""
    _, *rest = re.split(r"^## ", RUNBOOK.read_text(), flags=re.MULTILINE)
    return {heading: text for heading, _, text in (each.partition("\n") for each in rest)}


def test_the_rules_are_those_of_the_code() -> None:
    assert RULES.read_text() == rules_file_text(), EXPORT_COMMAND


def test_every_kind_has_an_alert_and_kinds_that_block_requests_page() -> None:
    assert {each["labels"]["kind"] for each in alerts()} == set(TroubleKind)
    blocking = BLOCKING_KINDS | {TroubleKind.RESTORED}  # while it takes over
    assert {kind for kind in blocking if ALERTS[kind].severity is Severity.PAGE} == blocking


def test_alerts_ask_for_metrics_that_are_there() -> None:
    declared = {each.name for each in REGISTRY.collect()}
    used = {name for each in alerts() for name in re.findall(r"kaitong_\w+", each["expr"])}

    assert used
    assert used <= declared


@pytest.mark.parametrize("kind", TroubleKind)
def test_every_kind_has_a_section_that_says_what_to_do_and_is_where_it_points(
    kind: TroubleKind,
) -> None:
    pointed = Trouble(kind=kind, says="", remedy="").runbook

    path, _, heading = pointed.partition("#")
    assert Path(path) == RUNBOOK
    assert len(sections()[heading]) > 200
    assert DO.search(sections()[heading])
    mine = [each for each in alerts() if each["labels"]["kind"] == kind]
    assert {each["annotations"]["runbook"] for each in mine} == {pointed}


def test_the_runbook_has_no_section_of_a_kind_that_is_not_there() -> None:
    assert sections().keys() == set(TroubleKind)
