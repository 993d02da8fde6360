"""What a worker does beside its API: read, set due timers off, call elements, redeliver.

Nothing of it begins before the database is known to have all that the topics show it had.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from shared.calls.call_store import CallRequest
from shared.calls.runner import Runner
from shared.config.settings import Settings
from shared.contracts.base import PRIVATE
from shared.kafka.consumer import Hearing, consuming
from shared.kafka.installation import Claim
from shared.kafka.producer import wait_for_broker
from shared.messaging.automatic_redelivery import Redelivery
from shared.messaging.batch_handler import Worker
from shared.messaging.crash_guard import Caution
from shared.messaging.publisher import Relay
from shared.messaging.topic_watch import TopicWatch
from shared.persistence.database import Sessions
from shared.recovery.evidence import Interest
from shared.recovery.recovery import Reading, Recovery
from shared.runtime.background_loops import stop_watching, watch
from shared.scheduling.scheduler import Alarm
from shared.scheduling.timer_store import Reminder
from shared.service import Service

LAST_WORDS = 5.0
"""Seconds in which Faust may leave its group before the process ends all the same."""


def watch_of(service: Service, settings: Settings, sessions: Sessions, relay: Relay) -> TopicWatch:
    """Return what notices that the service's topics were made anew."""
    names = {*interest_of(service).own_topics, *service.topics}
    topics = TopicWatch(settings, sessions, relay, sorted(names))
    relay.on_broker = topics.wake
    return topics


def interest_of(service: Service) -> Interest:
    """Return what the service tells and reads."""
    return Interest(service.name, service.topics, frozenset(service.subscriptions))


def recovery_of(
    service: Service, settings: Settings, sessions: Sessions, relay: Relay, claim: Claim
) -> Recovery:
    """Return what keeps the service from going on with a database that was set back."""
    recovery = Recovery(
        settings, sessions, relay, interest_of(service), service.takeover, claim.check
    )
    relay.certainty.on_doubt = recovery.doubt
    return recovery


@dataclass(frozen=True, slots=True)
class Working:
    """All that a worker works with."""

    service: Service
    settings: Settings
    sessions: Sessions
    relay: Relay
    caution: Caution
    claim: Claim

    @asynccontextmanager
    async def recovered_by(self, recovery: Recovery) -> AsyncIterator[None]:
        """Work while the context is open, once the database is recovered."""
        worker = Worker(self.sessions, self.relay, self.service.subscriptions, self.caution)
        redelivery = Redelivery(self.sessions, self.relay, self.service.redelivered)
        watch(recovery.begin(Reading(worker.handle, redelivery.once)))
        reading = watch(self._work(worker, redelivery, recovery))
        yield
        stop_watching()
        await asyncio.wait({reading}, timeout=LAST_WORDS)

    async def _work(self, worker: Worker, redelivery: Redelivery, recovery: Recovery) -> None:
        await recovery.is_done.wait()
        self._begin_timers()
        self._begin_calls()
        self.relay.on_park = redelivery.wake
        watch(redelivery.run())
        await self._read(worker)

    async def _read(self, worker: Worker) -> None:
        """Handle what comes from Kafka, from when it is there."""
        topics, types = self.service.topics, tuple(self.service.subscriptions)
        reached, gather = partial(self._reached, worker), self.service.gather
        hearing = Hearing(topics, types, worker.handle, reached, gather=gather)
        await wait_for_broker(self.settings, self.claim.check)
        async with consuming(hearing, self.settings) as reading:
            await reading

    async def _reached(self, worker: Worker) -> dict[str, int]:
        """Return how far was read, and have topics looked at: the broker may have been wiped.

        It is asked for whenever this process joins its group, as it must after a wiped broker.
        """
        self.relay.on_broker()
        return await worker.reached()

    def _begin_timers(self) -> None:
        subscriptions = self.service.subscriptions
        if any(each.message.topic.startswith(PRIVATE) for each in subscriptions.values()):
            alarm = Alarm(self.sessions, self.relay, subscriptions, self.caution)
            self.relay.writers[Reminder] = alarm.enqueue
            watch(alarm.run())

    def _begin_calls(self) -> None:
        if calls := self.service.calls:
            known = (self.sessions, self.relay, self.service.subscriptions, self.caution)
            runner = Runner(*known, calls.adapter(self.settings), calls.limits)
            self.relay.writers[CallRequest] = runner.enqueue
            watch(runner.run())
