"""The small service with an element that never answers; it logs the life of its adapter.

Run as `python -m tests.shared.runtime.calling_service`.
"""

import asyncio
import os
from dataclasses import replace
from typing import ClassVar, Literal, Never

import structlog

from shared.calls.adapter import Adapter
from shared.calls.outbound_call import OutboundCall
from shared.runtime.run import run
from shared.service_definition import OutboundCallConfig
from tests.shared import small_service

log = structlog.get_logger()


class SilentElement:
    """An adapter whose element never answers."""

    repeatable: ClassVar[Literal[True]] = True

    async def perform(self, _: OutboundCall) -> Never:
        """Never return."""
        log.info("call.begun")
        try:
            await asyncio.Event().wait()
            raise AssertionError
        finally:
            await asyncio.sleep(0.05)  # as a connection may take to close
            log.info("call.cancelled")

    async def close(self) -> None:
        """Close nothing."""


class SilentRegistry:
    """The silent element, for all names."""

    def __init__(self) -> None:
        """Log in which process it is made."""
        log.info("adapters.made", process_id=os.getpid())

    def adapter_of(self, _: str) -> Adapter:
        """Return the silent element."""
        return SilentElement()

    async def close(self) -> None:
        """Log that it is closed."""
        log.info("adapters.closed", process_id=os.getpid())


if __name__ == "__main__":
    run(replace(small_service.SERVICE, calls=OutboundCallConfig(SilentRegistry)))
