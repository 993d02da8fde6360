"""Running schemathesis against a service that listens."""

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.home import CHECKOUT

SCHEMATHESIS = Path(sys.executable).parent / "schemathesis"
CONFIG = Path(__file__).with_name("schemathesis.toml")

FAILURES = 4
"""A short run stops after these. Each may cost two times `request-timeout`, because of a retry."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much schemathesis tests."""

    examples: int
    """Generated for each operation."""

    seed: int
    is_long: bool
    """Test each boundary of each schema from both sides, and follow links in answers."""

    @classmethod
    def from_environment(cls) -> "Effort":
        """Read the environment: FUZZ_EXAMPLES and FUZZ_SEED, for a long run."""
        examples, seed = os.environ.get("FUZZ_EXAMPLES"), os.environ.get("FUZZ_SEED", "1")
        return cls(int(examples or 4), int(seed), is_long=examples is not None)

    @property
    def failure_limit(self) -> list[str]:
        """Return the failure limit: a short run stops early, so that a hang ends soon."""
        return [] if self.is_long else ["--max-failures", str(FAILURES)]

    @property
    def phases(self) -> str:
        """Return the phases of schemathesis that run."""
        return "examples,coverage,fuzzing,stateful" if self.is_long else "examples,fuzzing"


@dataclass(frozen=True, slots=True)
class SchemathesisResult:
    """The result of schemathesis."""

    report: dict[str, Any]
    output: str

    @property
    def is_clean(self) -> bool:
        """Tell whether every operation was tested without failures."""
        report, operations = self.report, self.report["operations"] or {}
        is_whole = bool(operations) and operations["tested"] == operations["total"]
        return is_whole and report["complete"] and not (report["failures"] or report["errors"])


class StatusCounter:
    """An ASGI application around another, which counts the answered statuses."""

    def __init__(self, app: Any, seen: Counter[int]) -> None:
        self._app = app
        self._seen = seen

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on, and count its answer."""

        async def counting(event: Any) -> None:
            if event["type"] == "http.response.start":
                self._seen[event["status"]] += 1
            await send(event)

        await self._app(scope, receive, counting)


async def run_schemathesis(
    port: int,
    headers: Mapping[str, str],
    existing: Mapping[str, Sequence[str]],
    effort: Effort,
    folder: Path,
) -> SchemathesisResult:
    """Run schemathesis against the API at a port.

    Args:
        port: where the API listens on this machine.
        headers: of each request.
        existing: for each parameter of a path, the values under which something exists.
        effort: how much is tested.
        folder: an empty one, to work in.
    """
    config, report = folder / "schemathesis.toml", folder / "report.json"
    config.write_text(CONFIG.read_text())
    running = await asyncio.create_subprocess_exec(
        *(SCHEMATHESIS, "--config-file", config, "run", f"http://127.0.0.1:{port}/openapi.json"),
        *("--phases", effort.phases, "--max-examples", str(effort.examples)),
        *("--seed", str(effort.seed), "--report-json-path", report, "--no-color"),
        *effort.failure_limit,
        *(word for name, value in headers.items() for word in ("--header", f"{name}: {value}")),
        cwd=CHECKOUT,
        env=os.environ | {"PYTHONPATH": str(CHECKOUT), "EXISTING": json.dumps(existing)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output = (await running.communicate())[0].decode()
    assert report.exists(), output
    return SchemathesisResult(json.loads(report.read_bytes()), output)
