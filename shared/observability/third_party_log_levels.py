"""Lower the level of library messages that need no action: errors are for a person to act on.

The list is closed: messages that are not on it keep their level, so that no new one is missed.
"""

import asyncio
import logging
from typing import NamedTuple

OUTAGE = "Kafka is out or restarts: retried without end, and reported as the trouble broker_out"
REBALANCE = "the group is being rebalanced: records that were not acknowledged are read again"
OFFSET_COPY = "the offset is stored in the database with the handled records; Kafka's is a copy"
IDLE = "a partition without records, or one that has just moved: the trouble lag reports delays"


class LevelRule(NamedTuple):
    """A library message, and the level at which it is written instead of its own."""

    package: str
    prefix: str
    """Beginning of the message's template."""

    reason: str
    level: int = logging.INFO


RULES = (
    LevelRule("aiokafka", "Unable connect to", OUTAGE),
    LevelRule("aiokafka", "Unable to update metadata from", OUTAGE),
    LevelRule("aiokafka", "Failed fetch messages from", OUTAGE),
    LevelRule("aiokafka", "Failed fetch offsets from", OUTAGE),
    LevelRule("aiokafka", "Group Coordinator Request failed", OUTAGE),
    LevelRule("aiokafka", "Error sending ", OUTAGE),
    LevelRule("aiokafka", "Heartbeat send request failed", OUTAGE),
    LevelRule("aiokafka", "Heartbeat session expired", OUTAGE),
    LevelRule("aiokafka", "LeaveGroup request failed", OUTAGE),
    LevelRule("aiokafka", "Topic %s not found in cluster metadata", OUTAGE),
    LevelRule("aiokafka", "Heartbeat failed", REBALANCE),
    LevelRule("aiokafka", "OffsetCommit failed before join", REBALANCE),
    LevelRule("aiokafka", "OffsetCommit failed for group %s due to group", REBALANCE),
    LevelRule("aiokafka", "OffsetCommit failed for group %s - %s", REBALANCE),
    LevelRule(
        "aiokafka", "OffsetCommit failed for group %s on partition", OFFSET_COPY, logging.WARNING
    ),
    LevelRule("aiokafka", "Failed to commit on finallization", REBALANCE),
    LevelRule("faust", "Aiokafka has not sent fetch request", IDLE),
    LevelRule("faust", "Aiokafka has not received fetch response", IDLE),
    LevelRule("faust", "Aiokafka stopped fetching from", IDLE),
    LevelRule("faust", "Broker stopped responding to fetch requests", IDLE),
    LevelRule("faust", "Highwater not yet available", IDLE),
    LevelRule("faust", "Stream has not started processing", IDLE),
    LevelRule("faust", "Stream stopped processing", IDLE),
    LevelRule("faust", "Has not committed", IDLE),
    LevelRule("faust", "No active partitions for", REBALANCE),
    LevelRule("kafka", "%s: Error receiving network data", OUTAGE),
    LevelRule("kafka", "%s: Error sending request data", OUTAGE),
    LevelRule("kafka", "%s: socket disconnected", OUTAGE),
    LevelRule("kafka", "%s: Abort", OUTAGE),
    LevelRule("kafka", "%s: Connection lost", OUTAGE),
    LevelRule("kafka", "Bootstrap attempt to", OUTAGE),
    LevelRule("kafka", "Metadata refresh", OUTAGE),
    LevelRule("kafka", "Connection failed", OUTAGE),
    LevelRule("kafka", "Bootstrap failed", OUTAGE),
    LevelRule("mode", "Thread keepalive is not responding", "the machine is busy", logging.WARNING),
)

SILENCED_AT_SHUTDOWN = ("aiokafka", "faust", "mode", "asyncio")
"""Libraries whose messages need no action after the process was asked to stop: cancelled calls,
and groups that cannot be left, are part of the shutdown."""


HTTP_SERVER = "uvicorn"
"""It logs each cancelled request as a failure of the application."""


class Shutdown:
    """Whether this process has been asked to stop."""

    has_begun = False


def begin_shutdown() -> None:
    """Treat cancelled tasks and closed connections as an orderly shutdown from now on."""
    Shutdown.has_begun = True


def lowered_level(record: logging.LogRecord) -> int:
    """Return the level at which a library's message is to be written."""
    package = record.name.partition(".")[0]
    if Shutdown.has_begun and (
        package in SILENCED_AT_SHUTDOWN or is_cancelled_request(record, package)
    ):
        return min(record.levelno, logging.INFO)
    text = str(record.msg)
    for rule in RULES:
        if rule.package == package and text.startswith(rule.prefix):
            return min(record.levelno, rule.level)
    return record.levelno


def is_cancelled_request(record: logging.LogRecord, package: str) -> bool:
    """Tell whether the record reports a cancelled request; a failed one stays an error."""
    error = record.exc_info[1] if record.exc_info else None
    return package == HTTP_SERVER and isinstance(error, asyncio.CancelledError)


def with_lowered_level(record: logging.LogRecord) -> logging.LogRecord:
    """Return a library's message at its level; a lowered one loses its traceback."""
    level = lowered_level(record)
    if level == record.levelno:
        return record
    lowered = logging.makeLogRecord(record.__dict__)
    lowered.levelno, lowered.levelname = level, logging.getLevelName(level)
    lowered.exc_info = lowered.exc_text = lowered.stack_info = None
    return lowered
