"""A client of the services' APIs for the command line."""

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
from shared.security.development_keys import LIFETIME, TENANT, ensure_development_keys, make_token
from shared.security.tokens import KeysError

TIME_OUT_S = 30.0
BAD_REQUEST = 400
SERVICE_UNAVAILABLE = 503
"""A dependency of the service is unavailable."""

JSON = Any
"""A JSON document, as the API returned it."""


@cache
def ssl_context() -> ssl.SSLContext:
    """Return the TLS context; created once, because it costs 50 ms of CPU."""
    return httpx.create_ssl_context()


class ApiError(CommandError):
    """A service answered with an error status."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self._problem = problem_of(response)
        self._lines = lines_of(self._problem)
        super().__init__(
            "; ".join(self._lines), UNAVAILABLE if self.status == SERVICE_UNAVAILABLE else FAILURE
        )

    @property
    def lines(self) -> Sequence[str]:
        """The error as lines for people, one for each fault."""
        return self._lines

    @property
    def problem(self) -> Mapping[str, Any]:
        """The problem document of the response."""
        return self._problem


class NoAnswerError(CommandError):
    """A service does not answer."""

    def __init__(self, service: str, error: httpx.TransportError) -> None:
        self.reason = f"does not answer ({error})"
        remedy = "see `kaitong status`"
        super().__init__(f"the {service} service {self.reason}", UNAVAILABLE, remedy=remedy)


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
        """Return the JSON of a service's response.

        Raises:
            CommandError: the service answers with an error, or does not answer.
        """
        return self.send(service, "GET", path, params=query).json()

    def get_all(self, service: str, path: str, **query: str | int) -> Iterator[JSON]:
        """Yield all entries of a list, page by page: the header Link of each names the next.

        Raises:
            CommandError: the service answers with an error, or does not answer.
        """
        url = f"{path}?{urlencode(query)}"
        while url:
            response = self.send(service, "GET", url)
            yield from response.json()
            url = response.links.get("next", {}).get("url", "")

    def post(
        self, service: str, path: str, body: JSON, headers: Mapping[str, str] | None = None
    ) -> JSON:
        """Post a body; return the JSON of the response.

        Raises:
            CommandError: the service answers with an error, or does not answer.
        """
        response = self.send(service, "POST", path, json=body, headers=headers)
        return response.json() if response.content else None

    def send(self, service: str, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401
        """Send a request; return the response if its status is below 400.

        Raises:
            CommandError: the service answers with an error, or does not answer.
        """
        response = self.request(service, method, path, **options)
        if response.status_code >= BAD_REQUEST:
            raise ApiError(response)
        return response

    def request(self, service: str, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401
        """Send a request; return the response, whatever its status.

        Raises:
            NoAnswerError: the service does not answer.
        """
        try:
            return self.http.request(method, self.urls[service] + path, **options)
        except httpx.TransportError as error:
            raise NoAnswerError(service, error) from error


def demo_home() -> Path:
    """Return the home of the demonstration; its keys are those of this checkout."""
    return home() / "demo"


def running_stack() -> StackRecord:
    """Return the stack that runs in this checkout: its own, else a demonstration that was kept.

    Raises:
        CommandError: none runs.
    """
    found = current_record(home())
    if found is None or found.state != "ready":
        kept = current_record(demo_home())
        found = kept if kept and kept.state == "ready" else found
    if found is None or found.state != "ready":
        raise CommandError(not_running_reason(found), UNAVAILABLE)
    return found


def not_running_reason(found: StackRecord | None) -> str:
    """Return why no stack can be queried, with the remedy."""
    match found.state if found else "never started":
        case "starting" | "stopping" as state:
            return f"Kaitong is {state} here — ask again in a moment"
        case "lost":
            return "Kaitong runs here, but its files are gone — stop it with `kaitong down`"
        case "failed" if found:
            return f"Kaitong did not start here: {found.error} — fix that, then `kaitong up`"
        case state:
            return f"Kaitong does not run here ({state}) — start it with `kaitong up`"


def connect(
    role: str, stack: StackRecord | None = None, *, timeout_s: float = TIME_OUT_S
) -> Client:
    """Return a client in a role for the stack that runs in this checkout.

    Raises:
        CommandError: no stack runs.
    """
    return Client((stack or running_stack()).urls, token_for(role), timeout_s)


def ensure_keys_folder(folder: Path) -> Path:
    """Create the development keys of a home if they are missing; return their folder."""
    keys = folder / "keys"
    ensure_development_keys(keys, datetime.now(UTC))
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
    """Return a token signed with the development keys of a home, by default this checkout's.

    Raises:
        CommandError: the role does not exist, or there is no development key.
    """
    try:
        keys, now = ensure_keys_folder(at or home()), datetime.now(UTC)
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


def problem_of(response: httpx.Response) -> Mapping[str, Any]:
    """Return the problem document of a response; one made of its text if it has none."""
    try:
        found = response.json()
    except ValueError:
        found = {}
    return found if isinstance(found, dict) else {"detail": response.text or response.reason_phrase}


def lines_of(problem: Mapping[str, Any]) -> list[str]:
    """Return a problem in lines for people: each fault with its field and its remedy."""
    if faults := problem.get("errors"):
        lines = [line_of(*map(each.get, ("field", "message", "remedy"))) for each in faults]
        left_out = problem.get("errors_left_out", 0)
        return [*lines, f"and {left_out} more — fix these first"] if left_out else lines
    reason = problem.get("detail") or problem.get("title") or "the service refused the request"
    return [with_remedy(str(reason), problem.get("remedy", ""))]


def line_of(pointer: str | None, message: str | None, remedy: str | None) -> str:
    """Return one fault as `pointer: message — remedy`."""
    return with_remedy(": ".join(filter(None, (pointer, message))), remedy or "")
