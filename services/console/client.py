"""The services' APIs, as the command line calls them."""

import ssl
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from deploy.local.home import home
from deploy.local.stack_record import StackRecord, current_record
from services.console.errors import FAILURE, UNAVAILABLE, CommandError, with_remedy
from shared.security.development_keys import LIFETIME, TENANT, make_development_keys, make_token
from shared.security.tokens import KeysError

TIME_OUT_S = 30.0
BAD_REQUEST = 400
SERVICE_UNAVAILABLE = 503
"""Something that the service stands on is out."""

JSON = Any
"""A JSON document, as the API answered it."""


@cache
def ssl_context() -> ssl.SSLContext:
    """Return whom connections to https addresses trust; made once, for it takes 50 ms of CPU."""
    return httpx.create_ssl_context()


class ApiError(CommandError):
    """A service said no."""

    def __init__(self, answer: httpx.Response) -> None:
        self.status = answer.status_code
        self._problem = problem_of(answer)
        self._lines = lines_of(self._problem)
        super().__init__(
            "; ".join(self._lines), UNAVAILABLE if self.status == SERVICE_UNAVAILABLE else FAILURE
        )

    @property
    def lines(self) -> Sequence[str]:
        """What a person is told, a line for each fault."""
        return self._lines

    @property
    def problem(self) -> Mapping[str, Any]:
        """What the service said."""
        return self._problem


class NoAnswerError(CommandError):
    """A service says nothing."""

    def __init__(self, service: str, error: httpx.TransportError) -> None:
        self.why = f"does not answer ({error})"
        remedy = "see `kaitong status`"
        super().__init__(f"the {service} service {self.why}", UNAVAILABLE, remedy=remedy)


@dataclass(frozen=True)
class Client:
    """One role's access to all services of a running stack."""

    urls: Mapping[str, str]
    """HTTP address by service."""

    token: str
    timeout_s: float = TIME_OUT_S

    @cached_property
    def http(self) -> httpx.Client:
        """The connections, kept open."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx.Client(headers=headers, timeout=self.timeout_s, verify=ssl_context())

    def get(self, service: str, path: str, **query: str | int) -> JSON:
        """Return what a service answers.

        Raises:
            CommandError: if it says no, or does not answer.
        """
        return self.send(service, "GET", path, params=query).json()

    def get_all(self, service: str, path: str, **query: str | int) -> Iterator[JSON]:
        """Yield all that is in a list, page by page, as the header Link of each leads on.

        Raises:
            CommandError: if the service says no, or does not answer.
        """
        place = f"{path}?{urlencode(query)}"
        while place:
            answer = self.send(service, "GET", place)
            yield from answer.json()
            place = answer.links.get("next", {}).get("url", "")

    def post(
        self, service: str, path: str, body: JSON, headers: Mapping[str, str] | None = None
    ) -> JSON:
        """Post a body; return what the service answers.

        Raises:
            CommandError: if it says no, or does not answer.
        """
        answer = self.send(service, "POST", path, json=body, headers=headers)
        return answer.json() if answer.content else None

    def send(self, service: str, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401
        """Send a request; return the answer, whatever kind of yes it is.

        Raises:
            CommandError: if it says no, or does not answer.
        """
        answer = self.request(service, method, path, **more)
        if answer.status_code >= BAD_REQUEST:
            raise ApiError(answer)
        return answer

    def request(self, service: str, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401
        """Send a request; return the answer, be it yes or no.

        Raises:
            NoAnswerError: if there is none.
        """
        try:
            return self.http.request(method, self.urls[service] + path, **more)
        except httpx.TransportError as error:
            raise NoAnswerError(service, error) from error


def demo_home() -> Path:
    """Return where the demonstration lives; its keys are those of this checkout."""
    return home() / "demo"


def running_stack() -> StackRecord:
    """Return the stack that runs on this checkout: its own, else a demonstration that was kept.

    Raises:
        CommandError: if none does.
    """
    found = current_record(home())
    if found is None or found.state != "ready":
        kept = current_record(demo_home())
        found = kept if kept and kept.state == "ready" else found
    if found is None or found.state != "ready":
        raise CommandError(not_running_reason(found), UNAVAILABLE)
    return found


def not_running_reason(found: StackRecord | None) -> str:
    """Say why a stack cannot be asked, and what to do about it."""
    match found.state if found else "never started":
        case "starting" | "stopping" as state:
            return f"Kaitong is {state} here — ask again in a moment"
        case "lost":
            return "Kaitong runs here, but its files are gone — stop it with `kaitong down`"
        case "failed" if found:
            return f"Kaitong did not start here: {found.error} — mend that, then `kaitong up`"
        case state:
            return f"Kaitong does not run here ({state}) — start it with `kaitong up`"


def connect(
    role: str, stack: StackRecord | None = None, *, timeout_s: float = TIME_OUT_S
) -> Client:
    """Return access in a role to the stack that runs on this checkout.

    Raises:
        CommandError: if none runs.
    """
    return Client((stack or running_stack()).urls, token_for(role), timeout_s)


def make_keys(folder: Path) -> Path:
    """See that a home has development keys; return where they are."""
    keys = folder / "keys"
    make_development_keys(keys, datetime.now(UTC))
    return keys


def token_for(  # noqa: PLR0913  each is a claim
    role: str,
    *,
    at: Path | None = None,
    client: str = "",
    person: str = "",
    areas: Collection[str] | None = None,
    lifetime: timedelta = LIFETIME,
    tenant: str = TENANT,
) -> str:
    """Return a token signed with the development keys of a home, this checkout's if none is said.

    Raises:
        CommandError: if there is no such role, or no key of our own.
    """
    try:
        keys, now = make_keys(at or home()), datetime.now(UTC)
        return make_token(
            keys,
            role,
            now=now,
            client=client,
            person=person,
            areas=areas,
            tenant=tenant,
            lifetime=lifetime,
        )
    except KeysError as error:
        raise CommandError(str(error)) from error


def problem_of(answer: httpx.Response) -> Mapping[str, Any]:
    """Return the problem document of an answer, or what comes nearest to one."""
    try:
        found = answer.json()
    except ValueError:
        found = {}
    return found if isinstance(found, dict) else {"detail": answer.text or answer.reason_phrase}


def lines_of(problem: Mapping[str, Any]) -> list[str]:
    """Return a problem in lines for people: each fault once, with its place and its remedy."""
    if faults := problem.get("errors"):
        told = [line_of(*map(each.get, ("field", "message", "remedy"))) for each in faults]
        left_out = problem.get("errors_left_out", 0)
        return [*told, f"and {left_out} more — mend these first"] if left_out else told
    why = problem.get("detail") or problem.get("title") or "the service said no"
    return [with_remedy(str(why), problem.get("remedy", ""))]


def line_of(pointer: str | None, message: str | None, remedy: str | None) -> str:
    """Return one fault as `pointer: message — remedy`."""
    return with_remedy(": ".join(filter(None, (pointer, message))), remedy or "")
