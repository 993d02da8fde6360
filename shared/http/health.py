"""Is the process alive, can it work, and what does it count."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, TypeAlias

from fastapi import FastAPI, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, ConfigDict
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


class PartView(BaseModel):
    """How one part of the process is; what it counts stands beside it."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, float]

    well: bool
    says: str


class ReadyView(BaseModel):
    """Whether requests can be served, and how each part of the process is."""

    status: Literal["ready", "unready"]
    parts: dict[str, PartView]


Described: TypeAlias = dict[int | str, dict[str, Any]]
"""What answers are like, by their status."""

MEASURED = """\
# HELP kaitong_parked Messages that are set aside now.
# TYPE kaitong_parked gauge
kaitong_parked 0.0
"""


def body_of(parts: Mapping[str, Part]) -> dict[str, Any]:
    """Return the answer that tells how the parts are."""
    return {
        "status": "ready" if parts["database"].is_well else "unready",
        "parts": {name: part.shown() for name, part in parts.items()},
    }


def example(value: object, media_type: str = "application/json") -> dict[str, Any]:
    """Return how an answer is described by an example."""
    return {"content": {media_type: {"example": value}}}


ON_LIVE: Described = {200: example({"status": "live"})}
ON_METRICS: Described = {200: example(MEASURED, "text/plain")}
ON_READY: Described = {
    200: example(body_of({"database": Part(is_well=True)})),
    503: {
        "model": ReadyView,
        "description": "The database cannot be reached.",
        **example(body_of({"database": Part(is_well=False, says="cannot be reached")})),
    },
}


def add_health(api: FastAPI, sessions: Sessions, checks: Checks) -> None:
    """Add `/health/live`, `/health/ready` and `/metrics`, which everybody may ask."""
    database = Database(sessions)

    async def ready() -> Response:
        """Tell whether requests can be served: whether the database can be reached.

        The other parts are told as they are and do not matter for that: what they are
        out for waits in the database.
        """
        parts = {"database": await database.check()}
        parts |= {name: check() for name, check in checks.items()}
        return JSONResponse(body_of(parts), 200 if parts["database"].is_well else 503)

    add = partial(api.add_api_route, tags=["health"])
    add("/health/live", live, responses=ON_LIVE)
    add("/health/ready", ready, response_model=ReadyView, responses=ON_READY)
    add("/metrics", measured, response_class=PlainTextResponse, responses=ON_METRICS)


async def live() -> dict[str, str]:
    """Tell that the process answers."""
    return {"status": "live"}


def measured() -> Response:
    """Return what the process counts, for Prometheus."""
    return Response(metrics.page(), media_type=CONTENT_TYPE_LATEST)
