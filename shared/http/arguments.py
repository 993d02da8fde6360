"""What endpoints are given without the framework's long way round.

FastAPI asks for each dependency anew what it is and what it needs: 13 microseconds
each, and two changes of threads for a session. Ours need nothing but the request, so
our routes hand them over themselves. Anywhere else they are ordinary dependencies.
"""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AbstractContextManager, ExitStack
from typing import Annotated, Any, Generic, TypeVar, get_args, get_origin, get_type_hints

from fastapi import Request
from fastapi.concurrency import contextmanager_in_threadpool
from fastapi.params import Depends

G = TypeVar("G")
T = TypeVar("T")

REQUEST = "the_request"
"""The name of the parameter by which a lean endpoint takes the request."""


class Given(Generic[T]):
    """A dependency that is read off the request."""

    def __init__(self, read: Callable[[Request], T]) -> None:
        self.read = read

    async def __call__(self, request: Request) -> T:
        """Return it, for whoever asks the framework."""
        return self.read(request)


class Lent(Generic[T]):
    """A dependency that is opened for an endpoint, in its thread, and closed after it."""

    def __init__(self, open_: Callable[[Request], AbstractContextManager[T]]) -> None:
        self.open = open_

    async def __call__(self, request: Request) -> AsyncIterator[T]:
        """Lend it, for whoever asks the framework."""
        async with contextmanager_in_threadpool(self.open(request)) as it:
            yield it


def lean(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """Return an endpoint that is given its own dependencies without the framework.

    Raises:
        TypeError: it is `async`, and is lent something that blocks.
    """
    hints = get_type_hints(endpoint, include_extras=True)
    ours = {name: found for name, hint in hints.items() if (found := ours_in(hint)) is not None}
    given = {name: each.read for name, each in ours.items() if isinstance(each, Given)}
    lent = {name: each.open for name, each in ours.items() if isinstance(each, Lent)}
    if inspect.iscoroutinefunction(endpoint):
        if lent:
            msg = f"{endpoint.__qualname__} is lent a session, which blocks: declare it with `def`"
            raise TypeError(msg)
        answer: Callable[..., Any] = asked_at_once(endpoint, given)
    else:
        answer = asked_in_thread(endpoint, given, lent)
    return disguised(answer, endpoint, hints, ours.keys())


def asked_at_once(
    endpoint: Callable[..., Awaitable[Any]], given: dict[str, Callable[[Request], Any]]
) -> Callable[..., Awaitable[Any]]:
    """Return an `async` endpoint that takes the request instead of what is read off it."""

    async def answer(*, the_request: Request, **values: Any) -> Any:  # noqa: ANN401  handed on
        for name, read in given.items():
            values[name] = read(the_request)
        return await endpoint(**values)

    return answer


def asked_in_thread(
    endpoint: Callable[..., Any],
    given: dict[str, Callable[[Request], Any]],
    lent: dict[str, Callable[[Request], AbstractContextManager[Any]]],
) -> Callable[..., Any]:
    """Return an endpoint that takes the request instead of what comes of it."""

    def answer(*, the_request: Request, **values: Any) -> Any:  # noqa: ANN401  handed on
        with ExitStack() as stack:
            for name, read in given.items():
                values[name] = read(the_request)
            for name, open_ in lent.items():
                values[name] = stack.enter_context(open_(the_request))
            return endpoint(**values)

    return answer


def ours_in(hint: object) -> Given[Any] | Lent[Any] | None:
    """Return the dependency of ours in an annotation, if there is one."""
    if get_origin(hint) is not Annotated:
        return None
    found = (each.dependency for each in get_args(hint)[1:] if isinstance(each, Depends))
    return next((each for each in found if isinstance(each, Given | Lent)), None)


def ours_of(endpoint: Callable[..., Any], kind: type[G]) -> tuple[G, ...]:
    """Return those dependencies of an endpoint's own parameters that are of a kind of ours."""
    hints = get_type_hints(endpoint, include_extras=True).values()
    return tuple(found for hint in hints if isinstance(found := ours_in(hint), kind))


def disguised(
    answer: Callable[..., Any],
    endpoint: Callable[..., Any],
    hints: dict[str, Any],
    without: Iterable[str],
) -> Callable[..., Any]:
    """Give `answer` the name and the remaining parameters of `endpoint`."""
    kept = [
        each.replace(kind=each.KEYWORD_ONLY, annotation=hints.get(each.name, each.annotation))
        for each in inspect.signature(endpoint).parameters.values()
        if each.name not in set(without)
    ]
    request = inspect.Parameter(REQUEST, inspect.Parameter.KEYWORD_ONLY, annotation=Request)
    answer.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [*kept, request], return_annotation=hints.get("return", inspect.Signature.empty)
    )
    for name in ("__name__", "__qualname__", "__doc__", "__module__"):
        setattr(answer, name, getattr(endpoint, name))
    return answer
