"""Dependencies that our routes inject without FastAPI's resolver.

FastAPI resolves each dependency anew for each request: 13 microseconds each, and two
thread switches for a session. Ours need nothing but the request, so our routes inject
them directly. On any other route they are ordinary dependencies.
"""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Annotated, Any, Generic, TypeAlias, TypeVar, get_args, get_origin, get_type_hints

from fastapi import Depends, Request, params
from fastapi.concurrency import contextmanager_in_threadpool
from sqlalchemy.orm import Session

from shared.config.settings import Settings
from shared.contracts import Causation
from shared.http.command_batcher import CommandBatcher
from shared.http.request_context import request_context_of
from shared.persistence.database import Sessions

T = TypeVar("T")

REQUEST_PARAMETER = "the_request"
"""The parameter by which a wrapped endpoint takes the request."""


class DirectDependency(Generic[T]):
    """A dependency that is computed from the request."""

    def __init__(self, read: Callable[[Request], T]) -> None:
        self.read = read

    async def __call__(self, request: Request) -> T:
        """Return it, when FastAPI resolves it."""
        return self.read(request)


class ContextManagerDependency(Generic[T]):
    """A context manager that is opened for an endpoint, in its thread, and closed after it."""

    def __init__(self, open_: Callable[[Request], AbstractContextManager[T]]) -> None:
        self.open = open_

    async def __call__(self, request: Request) -> AsyncIterator[T]:
        """Open and yield it, when FastAPI resolves it."""
        async with contextmanager_in_threadpool(self.open(request)) as resource:
            yield resource


def inject_dependencies(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """Return an endpoint into which our dependencies are injected without FastAPI.

    Raises:
        TypeError: it is `async` and has a dependency that blocks.
    """
    hints = get_type_hints(endpoint, include_extras=True)
    dependencies = {
        name: found
        for name, hint in hints.items()
        if (found := find_injected_dependency(hint)) is not None
    }
    direct = {
        name: each.read for name, each in dependencies.items() if isinstance(each, DirectDependency)
    }
    opened = {
        name: each.open
        for name, each in dependencies.items()
        if isinstance(each, ContextManagerDependency)
    }
    if inspect.iscoroutinefunction(endpoint):
        if opened:
            msg = f"{endpoint.__qualname__} takes a session, which blocks: declare it with `def`"
            raise TypeError(msg)
        wrapper: Callable[..., Any] = wrap_async_endpoint(endpoint, direct)
    else:
        wrapper = wrap_sync_endpoint(endpoint, direct, opened)
    return with_endpoint_signature(wrapper, endpoint, hints, dependencies.keys())


def wrap_async_endpoint(
    endpoint: Callable[..., Awaitable[Any]], direct: dict[str, Callable[[Request], Any]]
) -> Callable[..., Awaitable[Any]]:
    """Return an `async` endpoint that takes the request instead of its direct dependencies."""

    async def wrapper(*, the_request: Request, **values: Any) -> Any:  # noqa: ANN401  passed on
        for name, read in direct.items():
            values[name] = read(the_request)
        return await endpoint(**values)

    return wrapper


def wrap_sync_endpoint(
    endpoint: Callable[..., Any],
    direct: dict[str, Callable[[Request], Any]],
    opened: dict[str, Callable[[Request], AbstractContextManager[Any]]],
) -> Callable[..., Any]:
    """Return an endpoint that takes the request instead of its dependencies."""

    def wrapper(*, the_request: Request, **values: Any) -> Any:  # noqa: ANN401  passed on
        with ExitStack() as stack:
            for name, read in direct.items():
                values[name] = read(the_request)
            for name, open_ in opened.items():
                values[name] = stack.enter_context(open_(the_request))
            return endpoint(**values)

    return wrapper


def find_injected_dependency(
    hint: object,
) -> DirectDependency[Any] | ContextManagerDependency[Any] | None:
    """Return the direct or context-manager dependency in an annotation, if there is one."""
    if get_origin(hint) is not Annotated:
        return None
    found = (each.dependency for each in get_args(hint)[1:] if isinstance(each, params.Depends))
    return next(
        (each for each in found if isinstance(each, DirectDependency | ContextManagerDependency)),
        None,
    )


def dependencies_of(endpoint: Callable[..., Any], kind: type[T]) -> tuple[T, ...]:
    """Return the dependencies of `kind` that an endpoint's own parameters declare."""
    hints = get_type_hints(endpoint, include_extras=True).values()
    return tuple(
        found for hint in hints if isinstance(found := find_injected_dependency(hint), kind)
    )


def with_endpoint_signature(
    wrapper: Callable[..., Any],
    endpoint: Callable[..., Any],
    hints: dict[str, Any],
    injected: Iterable[str],
) -> Callable[..., Any]:
    """Give `wrapper` the name of `endpoint` and its parameters that are not injected."""
    kept = [
        each.replace(kind=each.KEYWORD_ONLY, annotation=hints.get(each.name, each.annotation))
        for each in inspect.signature(endpoint).parameters.values()
        if each.name not in set(injected)
    ]
    request = inspect.Parameter(
        REQUEST_PARAMETER, inspect.Parameter.KEYWORD_ONLY, annotation=Request
    )
    wrapper.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [*kept, request], return_annotation=hints.get("return", inspect.Signature.empty)
    )
    for name in ("__name__", "__qualname__", "__doc__", "__module__"):
        setattr(wrapper, name, getattr(endpoint, name))
    return wrapper


def get_command_batcher(request: Request) -> CommandBatcher:
    """Return the command batcher of this service."""
    batcher: CommandBatcher = request.app.state.batcher
    return batcher


def get_settings(request: Request) -> Settings:
    """Return the settings of this process."""
    settings: Settings = request.app.state.settings
    return settings


def get_causation(request: Request) -> Causation:
    """Return a request as the cause of the changes made for it."""
    context = request_context_of(request)
    caller = context.caller
    if caller is None:
        return Causation(context.id, context.correlation_id, "", "", context.traceparent)
    actor = (caller.person, caller.client, caller.role)
    return Causation(
        context.id, context.correlation_id, caller.tenant, "", context.traceparent, *actor
    )


@contextmanager
def open_read_session(request: Request) -> Iterator[Session]:
    """Open a read-only session on one snapshot of the database."""
    sessions: Sessions = request.app.state.read_sessions
    with sessions.begin() as session:
        yield session


CommandBatcherDep: TypeAlias = Annotated[
    CommandBatcher, Depends(DirectDependency(get_command_batcher))
]
"""For endpoints that change something: they answer after the commit."""

SettingsDep: TypeAlias = Annotated[Settings, Depends(DirectDependency(get_settings))]

CausationDep: TypeAlias = Annotated[Causation, Depends(DirectDependency(get_causation))]
"""For endpoints that change something: its id is fresh and ordered by time."""

ReadSessionDep: TypeAlias = Annotated[Session, Depends(ContextManagerDependency(open_read_session))]
"""For endpoints that only read. Declare them with `def`: they run in a thread."""
