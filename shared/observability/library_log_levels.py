"""What libraries say louder than it matters: lines at level error are for a person to act on.

The list is closed: what is not on it keeps its level, so that nothing new is overlooked.
"""

import asyncio
import logging
from typing import NamedTuple

OUTAGE = "Kafka is out or restarts: retried for ever, and told as the trouble broker_out"
REBALANCE = "the group is being rebalanced: what was not acknowledged is read again"
PLACE = "the place reached is kept in the database with what was handled; Kafka's is a copy"
IDLE = "a partition without records, or one that has just moved: the trouble lag tells of delay"


class Rule(NamedTuple):
    """A message of a library, and the level at which it is written instead of its own."""

    package: str
    begins: str
    """How the message's template begins."""

    reason: str
    level: int = logging.INFO


RULES = (
    Rule("aiokafka", "Unable connect to", OUTAGE),
    Rule("aiokafka", "Unable to update metadata from", OUTAGE),
    Rule("aiokafka", "Failed fetch messages from", OUTAGE),
    Rule("aiokafka", "Failed fetch offsets from", OUTAGE),
    Rule("aiokafka", "Group Coordinator Request failed", OUTAGE),
    Rule("aiokafka", "Error sending ", OUTAGE),
    Rule("aiokafka", "Heartbeat send request failed", OUTAGE),
    Rule("aiokafka", "Heartbeat session expired", OUTAGE),
    Rule("aiokafka", "LeaveGroup request failed", OUTAGE),
    Rule("aiokafka", "Topic %s not found in cluster metadata", OUTAGE),
    Rule("aiokafka", "Heartbeat failed", REBALANCE),
    Rule("aiokafka", "OffsetCommit failed before join", REBALANCE),
    Rule("aiokafka", "OffsetCommit failed for group %s due to group", REBALANCE),
    Rule("aiokafka", "OffsetCommit failed for group %s - %s", REBALANCE),
    Rule("aiokafka", "OffsetCommit failed for group %s on partition", PLACE, logging.WARNING),
    Rule("aiokafka", "Failed to commit on finallization", REBALANCE),
    Rule("faust", "Aiokafka has not sent fetch request", IDLE),
    Rule("faust", "Aiokafka has not received fetch response", IDLE),
    Rule("faust", "Aiokafka stopped fetching from", IDLE),
    Rule("faust", "Broker stopped responding to fetch requests", IDLE),
    Rule("faust", "Highwater not yet available", IDLE),
    Rule("faust", "Stream has not started processing", IDLE),
    Rule("faust", "Stream stopped processing", IDLE),
    Rule("faust", "Has not committed", IDLE),
    Rule("faust", "No active partitions for", REBALANCE),
    Rule("kafka", "%s: Error receiving network data", OUTAGE),
    Rule("kafka", "%s: Error sending request data", OUTAGE),
    Rule("kafka", "%s: socket disconnected", OUTAGE),
    Rule("kafka", "%s: Abort", OUTAGE),
    Rule("kafka", "%s: Connection lost", OUTAGE),
    Rule("kafka", "Bootstrap attempt to", OUTAGE),
    Rule("kafka", "Metadata refresh", OUTAGE),
    Rule("kafka", "Connection failed", OUTAGE),
    Rule("kafka", "Bootstrap failed", OUTAGE),
    Rule("mode", "Thread keepalive is not responding", "the machine is busy", logging.WARNING),
)

SILENCED_AT_THE_END = ("aiokafka", "faust", "mode", "asyncio")
"""Of these nothing matters once the process is told to stop: a call that is cancelled, or a
group that cannot be left, is the end that was asked for."""


SERVER = "uvicorn"
"""It says of each request that is cancelled that the application has failed."""


class Ending:
    """Whether this process has been told to stop."""

    has_begun = False


def begin_the_end() -> None:
    """Take it from now on for an orderly end that tasks are cancelled and connections close."""
    Ending.has_begun = True


def level_of(record: logging.LogRecord) -> int:
    """Return the level at which a library's message is to be written."""
    package = record.name.partition(".")[0]
    if Ending.has_begun and (package in SILENCED_AT_THE_END or is_cut_off(record, package)):
        return min(record.levelno, logging.INFO)
    text = str(record.msg)
    for rule in RULES:
        if rule.package == package and text.startswith(rule.begins):
            return min(record.levelno, rule.level)
    return record.levelno


def is_cut_off(record: logging.LogRecord, package: str) -> bool:
    """Tell whether a request is said to have been cancelled; one that has failed stays an error."""
    error = record.exc_info[1] if record.exc_info else None
    return package == SERVER and isinstance(error, asyncio.CancelledError)


def lowered(record: logging.LogRecord) -> logging.LogRecord:
    """Return a library's message as it is to be written; without traceback where it is lowered."""
    level = level_of(record)
    if level == record.levelno:
        return record
    calm = logging.makeLogRecord(record.__dict__)
    calm.levelno, calm.levelname = level, logging.getLevelName(level)
    calm.exc_info = calm.exc_text = calm.stack_info = None
    return calm
