"""The alert for each kind of trouble: when it fires, how urgent it is, and what it means.

deploy/prometheus/rules/troubles.yml is made from here:
`python -m deploy.prometheus.alerts > deploy/prometheus/rules/troubles.yml`.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.observability.troubles import Kind

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


RECOVERED = (
    ' {{ range printf "kaitong_recovery_messages_total{job=%q}" $labels.job | query }}'
    "{{ .Value }} {{ .Labels.how }} {{ end }}"
)
"""How many messages a recovery has handled since its process began, as Prometheus fills it in."""

PAGE, TICKET = Severity.PAGE, Severity.TICKET
ALERTS: Mapping[Kind, Alert] = {
    Kind.DATABASE_OUT: Alert(PAGE, "PostgreSQL is out: requests are refused", MINUTE),
    Kind.DATABASE_FULL: Alert(PAGE, "PostgreSQL's disk is full: writes are refused", MINUTE),
    Kind.DATABASE_READ_ONLY: Alert(PAGE, "PostgreSQL takes no writes", MINUTE),
    Kind.DATABASE_UNPROVEN: Alert(
        PAGE, "requests are refused: the database is compared with what was told", MINUTE
    ),
    Kind.DATABASE_SLOW: Alert(TICKET, "PostgreSQL is slow: what waits is not counted", 10 * MINUTE),
    Kind.BROKER_OUT: Alert(PAGE, "Kafka is out: orders are taken, and stand still", 2 * MINUTE),
    Kind.UNSENT: Alert(PAGE, "messages do not leave", 2 * MINUTE, older_than_s=MINUTE),
    Kind.LAG: Alert(PAGE, "messages are not read", 2 * MINUTE, older_than_s=2 * MINUTE),
    Kind.PARKED: Alert(TICKET, "messages are parked: their orders stand still", 0, grows=True),
    Kind.IN_DOUBT: Alert(TICKET, "outcomes at elements are unknown", 0, older_than_s=5 * MINUTE),
    Kind.LATE_TIMERS: Alert(PAGE, "timers are not handled", MINUTE, older_than_s=MINUTE),
    Kind.HANG: Alert(PAGE, "a process hangs", MINUTE),
    Kind.ENDED: Alert(TICKET, "a process ends again and again", 0),
    Kind.LOG_UNWRITABLE: Alert(TICKET, "logs cannot be written", 5 * MINUTE),
    Kind.HELD: Alert(TICKET, "orders are held and wait for a person", 0, older_than_s=15 * MINUTE),
    Kind.WORK_WAITING: Alert(TICKET, "work orders are overdue", 0, older_than_s=3 * DAY),
    Kind.ELEMENT_AT_LIMIT: Alert(TICKET, "calls wait for a place at an element", 5 * MINUTE),
    Kind.ELEMENT_IN_MAINTENANCE: Alert(
        TICKET, "an element is in maintenance for long", 0, older_than_s=8 * HOUR
    ),
    Kind.QUESTIONED: Alert(TICKET, "reservations have no plan that answers for them", 0),
    Kind.CONTESTED_ACCOUNTS: Alert(
        TICKET, "accounts of more than one customer wait to be settled", 0, older_than_s=DAY
    ),
    Kind.RESTORED: Alert(
        PAGE, f"a database was restored and makes up for what it missed:{RECOVERED}", 0
    ),
    Kind.FOREIGN_TOPICS: Alert(PAGE, "the topics belong to another installation", 0),
}

JOBS = 'job=~"order|provisioning|resources|customer"'
HEADER = """\
# Made by `python -m deploy.prometheus.alerts`; do not edit.
# Each scrape job is one service (job="order", ...), and its targets are the service's processes.
groups:
"""


def rules() -> str:
    """Return the rules file."""
    return HEADER + "".join([*group("kaitong.troubles", troubles()), *group("kaitong.up", up())])


def group(name: str, entries: Iterator[str]) -> Iterator[str]:
    """Yield a group of rules."""
    yield f"  - name: {name}\n    rules:\n"
    yield from entries


def troubles() -> Iterator[str]:
    """Yield the rule, or the rules, for each kind."""
    for kind, alert in ALERTS.items():
        if kind is Kind.ENDED:
            continue  # what has ended tells nothing: see up()
        yield rule(named(kind), condition(kind, alert), kind, alert)
        if alert.grows:
            growth = f'max by (job) (delta(kaitong_trouble{{kind="{kind}"}}[30m])) > 0'
            yield rule(f"{named(kind)}Grows", growth, kind, alert, PAGE)


def condition(kind: Kind, alert: Alert) -> str:
    """Return when a kind of trouble is worth attention; all processes of a service tell alike."""
    if alert.older_than_s:
        age = f'kaitong_trouble_age_seconds{{kind="{kind}"}}'
        return f"max by (job) ({age}) > {alert.older_than_s}"
    return f'max by (job) (kaitong_trouble{{kind="{kind}"}}) > 0'


def named(kind: Kind) -> str:
    """Return an alert's name: `KaitongBrokerOut`."""
    return "Kaitong" + "".join(word.capitalize() for word in kind.split("_"))


def rule(
    name: str, expression: str, kind: Kind, alert: Alert, severity: Severity | None = None
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


def up() -> Iterator[str]:
    """Yield the rules for what tells nothing: no trouble can be read of it."""
    silent = Alert(PAGE, "a process does not answer: it hangs or has ended", MINUTE)
    yield rule("KaitongSilent", f"up{{{JOBS}}} == 0", Kind.HANG, silent)
    restarts = f"changes(process_start_time_seconds{{{JOBS}}}[15m]) > 2"
    yield rule(named(Kind.ENDED), restarts, Kind.ENDED, ALERTS[Kind.ENDED])
    absent = Alert(PAGE, "no process tells its troubles", 5 * MINUTE)
    yield rule("KaitongAbsent", "absent(kaitong_trouble)", Kind.HANG, absent)


if __name__ == "__main__":
    sys.stdout.write(rules())
