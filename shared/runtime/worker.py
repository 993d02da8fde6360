"""The worker of a service: consumes, fires due timers, calls elements, redelivers.

It begins only when the database is proven to have all that the topics show it had.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial

from shared.calls.adapter import AdapterRegistry
from shared.calls.call_store import CallRequest
from shared.calls.runner import CallRunner
from shared.config.settings import Settings
from shared.contracts.base import PRIVATE
from shared.kafka.consumer import ConsumerConfig, consuming
from shared.kafka.installation import TopicOwnership
from shared.kafka.producer import wait_for_broker
from shared.messaging.automatic_redelivery import AutomaticRedelivery
from shared.messaging.batch_handler import BatchHandler
from shared.messaging.crash_guard import CrashGuard
from shared.messaging.publisher import Publisher
from shared.messaging.recreated_topics import RecreatedTopicWatch
from shared.messaging.writer import Writer
from shared.persistence.database import Sessions
from shared.recovery.loss_detection import ServiceTopics
from shared.recovery.recovery import Recovery, ReplayHandlers
from shared.runtime.fail_fast_tasks import cancel_loops, start_critical_task
from shared.scheduling.scheduler import Scheduler
from shared.scheduling.timer_store import ScheduledMessage
from shared.service_definition import ServiceDefinition

SHUTDOWN_TIMEOUT_S = 5.0
"""Seconds in which Faust may leave its group before the process ends anyway."""


def set_up_topic_watch(
    service: ServiceDefinition, settings: Settings, sessions: Sessions, publisher: Publisher
) -> RecreatedTopicWatch:
    """Create the watch for recreated topics; the publisher wakes it when the broker changes."""
    names = {*service_topics_of(service).own_topics, *service.topics}
    topics = RecreatedTopicWatch(settings, sessions, publisher.writer, sorted(names))
    publisher.on_broker_change = topics.wake
    return topics


def service_topics_of(service: ServiceDefinition) -> ServiceTopics:
    """Return the topics and types that the service publishes and consumes."""
    return ServiceTopics(service.name, service.topics, frozenset(service.subscriptions))


def set_up_recovery(
    service: ServiceDefinition,
    settings: Settings,
    sessions: Sessions,
    publisher: Publisher,
    ownership: TopicOwnership,
) -> Recovery:
    """Create the recovery, without which no work begins, and have it check unproven databases."""
    recovery = Recovery(
        settings, sessions, publisher, service_topics_of(service), service.takeover, ownership.check
    )
    publisher.writer.certainty.on_unproven = recovery.request_check
    return recovery


@dataclass(frozen=True, slots=True)
class WorkerProcess:
    """The worker of a service, with its dependencies."""

    service: ServiceDefinition
    settings: Settings
    sessions: Sessions
    publisher: Publisher
    crash_guard: CrashGuard
    ownership: TopicOwnership
    adapters: AdapterRegistry | None = None
    """Of a service that calls network elements; closed with the worker."""

    @property
    def writer(self) -> Writer:
        """Commits what is handled."""
        return self.publisher.writer

    @asynccontextmanager
    async def recovering_then_working(self, recovery: Recovery) -> AsyncIterator[None]:
        """Recover the database, then work, while the context is open."""
        worker = BatchHandler(
            self.sessions, self.writer, self.service.subscriptions, self.crash_guard
        )
        redelivery = AutomaticRedelivery(
            self.sessions, self.writer, self.service.redelivery_subscriptions
        )
        start_critical_task(recovery.run(ReplayHandlers(worker.handle, redelivery.redeliver_once)))
        async with AsyncExitStack() as calls:
            work = start_critical_task(self._work(worker, redelivery, recovery, calls))
            yield
            cancel_loops()
            await asyncio.wait({work}, timeout=SHUTDOWN_TIMEOUT_S)

    async def _work(
        self,
        worker: BatchHandler,
        redelivery: AutomaticRedelivery,
        recovery: Recovery,
        calls: AsyncExitStack,
    ) -> None:
        await recovery.is_done.wait()
        self._begin_timers()
        self._begin_calls(calls)
        self.writer.on_dead_letter = redelivery.wake
        start_critical_task(redelivery.run())
        await self._consume(worker)

    async def _consume(self, worker: BatchHandler) -> None:
        """Consume from Kafka, once it is reachable."""
        topics, types = self.service.topics, tuple(self.service.subscriptions)
        next_offsets, fetch_max_wait = (
            partial(self._read_offsets_and_check_topics, worker),
            self.service.fetch_max_wait,
        )
        config = ConsumerConfig(
            topics, types, worker.handle, next_offsets, fetch_max_wait=fetch_max_wait
        )
        await wait_for_broker(self.settings, self.ownership.check)
        async with consuming(config, self.settings) as consumer:
            await consumer

    async def _read_offsets_and_check_topics(self, worker: BatchHandler) -> dict[str, int]:
        """Return the next offsets, and have topics checked: the broker may have been wiped.

        Called whenever this process joins its group, as it must after a wiped broker.
        """
        self.publisher.on_broker_change()
        return await worker.next_offsets()

    def _begin_timers(self) -> None:
        subscriptions = self.service.subscriptions
        if any(each.message.topic.startswith(PRIVATE) for each in subscriptions.values()):
            scheduler = Scheduler(self.sessions, self.writer, subscriptions, self.crash_guard)
            self.writer.deferred_writers[ScheduledMessage] = scheduler.enqueue
            start_critical_task(scheduler.run())

    def _begin_calls(self, ends: AsyncExitStack) -> None:
        """Make calls, if the service makes any, until its loops are cancelled."""
        if (calls := self.service.calls) and (adapters := self.adapters):
            dependencies = (
                self.sessions,
                self.writer,
                self.service.subscriptions,
                self.crash_guard,
            )
            runner = CallRunner(*dependencies, adapters.adapter_of, calls.limits)
            self.writer.deferred_writers[CallRequest] = runner.enqueue
            ends.push_async_callback(close_adapters, start_critical_task(runner.run()), adapters)


async def close_adapters(runner: "asyncio.Future[None]", adapters: AdapterRegistry) -> None:
    """Close the adapters, in time, once the runner has ended its calls."""
    with suppress(TimeoutError):
        async with asyncio.timeout(SHUTDOWN_TIMEOUT_S):
            await asyncio.wait({runner})
            await adapters.close()
