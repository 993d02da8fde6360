"""Is the process alive, can it work, and what does it count."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from fastapi import FastAPI, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from shared import metrics
from shared.db import Sessions

FRESH = 1.0
"""Seconds that an answer about the database stands: asking is open to everybody."""


@dataclass(frozen=True, slots=True)
class Part:
    """How one part of the process is."""

    is_well: bool
    says: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)

    def shown(self) -> dict[str, Any]:
        """Return it as the answer has it."""
        return {"well": self.is_well, "says": self.says, **self.figures}


Checks: TypeAlias = Mapping[str, Callable[[], Part]]
"""The parts of a process by name (`worker`, `broker`, `lag`), each asked without waiting."""


class Database:
    """Tells whether the database can be reached."""

    def __init__(self, sessions: Sessions, clock: Callable[[], float] = time.monotonic) -> None:
        self._sessions = sessions
        self._clock = clock
        self._asked = float("-inf")
        self._part = Part(is_well=False, says="not asked yet")

    async def check(self) -> Part:
        """Ask the database, unless it was asked within the last second."""
        if self._clock() - self._asked > FRESH:
            self._asked = self._clock()
            self._part = await run_in_threadpool(self._ask)
        return self._part

    def _ask(self) -> Part:
        try:
            with self._sessions() as session:
                session.execute(text("SELECT 1"))
        except SQLAlchemyError as error:
            return Part(is_well=False, says=f"cannot be reached ({type(error).__name__})")
        return Part(is_well=True)


def add_health(api: FastAPI, sessions: Sessions, checks: Checks) -> None:
    """Add `/health/live`, `/health/ready` and `/metrics`, which everybody may ask."""
    database = Database(sessions)

    @api.get("/health/live", tags=["health"])
    async def live() -> dict[str, str]:
        """Tell that the process answers."""
        return {"status": "live"}

    @api.get("/health/ready", tags=["health"])
    async def ready() -> Response:
        """Tell whether requests can be served: whether the database can be reached.

        The other parts are told as they are and do not matter for that: what they are
        out for waits in the database.
        """
        parts = {"database": await database.check()}
        parts |= {name: check() for name, check in checks.items()}
        is_ready = parts["database"].is_well
        body = {
            "status": "ready" if is_ready else "unready",
            "parts": {name: part.shown() for name, part in parts.items()},
        }
        return JSONResponse(body, 200 if is_ready else 503)

    @api.get("/metrics", tags=["health"])
    def measured() -> Response:
        """Return what the process counts, for Prometheus."""
        return Response(metrics.page(), media_type=CONTENT_TYPE_LATEST)
