"""The alert for each kind of trouble: when it fires, how urgent it is, and what it means.

deploy/prometheus/rules/troubles.yml is made from here:
`python -m deploy.prometheus.alerts > deploy/prometheus/rules/troubles.yml`.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.observability.troubles import TroubleKind

MINUTE, HOUR, DAY = 60, 3600, 86400


class Severity(StrEnum):
    """Who is told, and how."""

    PAGE = "page"
    """Orders stand still now: somebody is woken."""

    TICKET = "ticket"
    """Somebody looks in working hours."""


@dataclass(frozen=True, slots=True)
class Alert:
    """When a kind of trouble is worth a person's attention."""

    severity: Severity
    means: str
    wait_s: int
    """Seconds for which it has to be so: what passes by itself alerts nobody."""

    older_than_s: int = 0
    """Seconds; what is younger is everyday work. 0: as soon as there is any."""

    grows: bool = False
    """It pages as well when it grows within half an hour."""


RECOVERY_COUNTS = (
    ' {{ range printf "kaitong_recovery_messages_total{job=%q}" $labels.job | query }}'
    "{{ .Value }} {{ .Labels.how }} {{ end }}"
)
"""How many messages a recovery has handled since its process began, as Prometheus fills it in."""

PAGE, TICKET = Severity.PAGE, Severity.TICKET
ALERTS: Mapping[TroubleKind, Alert] = {
    TroubleKind.DATABASE_OUT: Alert(PAGE, "PostgreSQL is out: requests are refused", MINUTE),
    TroubleKind.DATABASE_FULL: Alert(PAGE, "PostgreSQL's disk is full: writes are refused", MINUTE),
    TroubleKind.DATABASE_READ_ONLY: Alert(PAGE, "PostgreSQL takes no writes", MINUTE),
    TroubleKind.DATABASE_UNPROVEN: Alert(
        PAGE, "requests are refused: the database is compared with what was told", MINUTE
    ),
    TroubleKind.DATABASE_SLOW: Alert(
        TICKET, "PostgreSQL is slow: what waits is not counted", 10 * MINUTE
    ),
    TroubleKind.BROKER_OUT: Alert(
        PAGE, "Kafka is out: orders are taken, and stand still", 2 * MINUTE
    ),
    TroubleKind.UNSENT: Alert(PAGE, "messages do not leave", 2 * MINUTE, older_than_s=MINUTE),
    TroubleKind.LAG: Alert(PAGE, "messages are not read", 2 * MINUTE, older_than_s=2 * MINUTE),
    TroubleKind.PARKED: Alert(
        TICKET, "messages are parked: their orders stand still", 0, grows=True
    ),
    TroubleKind.IN_DOUBT: Alert(
        TICKET, "outcomes at elements are unknown", 0, older_than_s=5 * MINUTE
    ),
    TroubleKind.LATE_TIMERS: Alert(PAGE, "timers are not handled", MINUTE, older_than_s=MINUTE),
    TroubleKind.HANG: Alert(PAGE, "a process hangs", MINUTE),
    TroubleKind.ENDED: Alert(TICKET, "a process ends again and again", 0),
    TroubleKind.LOG_UNWRITABLE: Alert(TICKET, "logs cannot be written", 5 * MINUTE),
    TroubleKind.HELD: Alert(
        TICKET, "orders are held and wait for a person", 0, older_than_s=15 * MINUTE
    ),
    TroubleKind.WORK_WAITING: Alert(TICKET, "work orders are overdue", 0, older_than_s=3 * DAY),
    TroubleKind.ELEMENT_AT_LIMIT: Alert(TICKET, "calls wait for a place at an element", 5 * MINUTE),
    TroubleKind.ELEMENT_IN_MAINTENANCE: Alert(
        TICKET, "an element is in maintenance for long", 0, older_than_s=8 * HOUR
    ),
    TroubleKind.QUESTIONED: Alert(TICKET, "reservations have no plan that answers for them", 0),
    TroubleKind.CONTESTED_ACCOUNTS: Alert(
        TICKET, "accounts of more than one customer wait to be settled", 0, older_than_s=DAY
    ),
    TroubleKind.RESTORED: Alert(
        PAGE, f"a database was restored and makes up for what it missed:{RECOVERY_COUNTS}", 0
    ),
    TroubleKind.FOREIGN_TOPICS: Alert(PAGE, "the topics belong to another installation", 0),
}

JOBS = 'job=~"order|provisioning|resources|customer"'
HEADER = """\
# Made by `python -m deploy.prometheus.alerts`; do not edit.
# Each scrape job is one service (job="order", ...), and its targets are the service's processes.
groups:
"""


def rules_file() -> str:
    """Return the rules file."""
    return HEADER + "".join(
        [*group("kaitong.troubles", trouble_rules()), *group("kaitong.up", availability_rules())]
    )


def group(name: str, entries: Iterator[str]) -> Iterator[str]:
    """Yield a group of rules."""
    yield f"  - name: {name}\n    rules:\n"
    yield from entries


def trouble_rules() -> Iterator[str]:
    """Yield the rule, or the rules, for each kind."""
    for kind, alert in ALERTS.items():
        if kind is TroubleKind.ENDED:
            continue  # what has ended tells nothing: see up()
        yield rule(alert_name(kind), condition(kind, alert), kind, alert)
        if alert.grows:
            growth = f'max by (job) (delta(kaitong_trouble{{kind="{kind}"}}[30m])) > 0'
            yield rule(f"{alert_name(kind)}Grows", growth, kind, alert, PAGE)


def condition(kind: TroubleKind, alert: Alert) -> str:
    """Return when a kind of trouble is worth attention; all processes of a service tell alike."""
    if alert.older_than_s:
        age = f'kaitong_trouble_age_seconds{{kind="{kind}"}}'
        return f"max by (job) ({age}) > {alert.older_than_s}"
    return f'max by (job) (kaitong_trouble{{kind="{kind}"}}) > 0'


def alert_name(kind: TroubleKind) -> str:
    """Return an alert's name: `KaitongBrokerOut`."""
    return "Kaitong" + "".join(word.capitalize() for word in kind.split("_"))


def rule(
    name: str, expression: str, kind: TroubleKind, alert: Alert, severity: Severity | None = None
) -> str:
    """Return one rule."""
    return f"""\
      - alert: {name}
        expr: {expression}
        for: {alert.wait_s}s
        labels:
          severity: {severity or alert.severity}
          kind: {kind}
        annotations:
          summary: '{{{{ $labels.job }}}}: {alert.means.replace("'", "''")}'
          description: '`kaitong status`, or GET /health/ready of the service, says what to do'
          runbook: docs/runbook.md#{kind}
"""


def availability_rules() -> Iterator[str]:
    """Yield the rules for what tells nothing: no trouble can be read of it."""
    silent = Alert(PAGE, "a process does not answer: it hangs or has ended", MINUTE)
    yield rule("KaitongSilent", f"up{{{JOBS}}} == 0", TroubleKind.HANG, silent)
    restarts = f"changes(process_start_time_seconds{{{JOBS}}}[15m]) > 2"
    yield rule(
        alert_name(TroubleKind.ENDED), restarts, TroubleKind.ENDED, ALERTS[TroubleKind.ENDED]
    )
    absent = Alert(PAGE, "no process tells its troubles", 5 * MINUTE)
    yield rule("KaitongAbsent", "absent(kaitong_trouble)", TroubleKind.HANG, absent)


if __name__ == "__main__":
    sys.stdout.write(rules_file())
