"""Paging and attribute selection of lists, by TM Forum's REST guidelines (TMF630)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel

from shared.errors import Fault, InvalidError
from shared.input.numbers import IS_DIGITS
from shared.persistence.pagination import Window, encode_cursor
from shared.security.caller import Caller

T = TypeVar("T")

DEFAULT_LIMIT, MAX_LIMIT = 20, 100
MAX_OFFSET = 10_000
"""A larger offset costs too much, as the database counts the skipped rows: filter instead."""

PARTIAL_CONTENT = 206
MAX_CURSOR_LENGTH = 2_000
"""Characters of a cursor."""

PAGE_PARAMETERS = frozenset({"offset", "after"})
"""The parameters that select the part of a list."""

AFTER_DESCRIPTION = """\
Continue after the last row of a page; the header Link of that page has the value. Paging by it
shows every row that is not removed exactly once, also while others are added."""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The part of a list that a request asks for."""

    offset: int
    limit: int
    after: str = ""
    """A cursor: the part begins after the row that it names."""

    target: str = ""
    """The path of the request, still encoded."""

    base_query: str = ""
    """The query of the request, without the paging parameters."""

    @property
    def fetch_limit(self) -> int:
        """How many rows to read: one more than to show, which tells whether more follow."""
        return self.limit + 1

    @property
    def window(self) -> Window:
        """The rows to read: from the first one to show to the one after the last."""
        return Window(self.offset, self.fetch_limit, self.after)

    def next_link(self, after: str) -> str:
        """Return the header Link to the page after a row of the list (RFC 8288)."""
        query = "&".join(filter(None, [self.base_query, urlencode({"after": after})]))
        return f'<{self.target}?{query}>; rel="next"'


async def page_request(
    request: Request,
    offset: Annotated[
        int, Query(ge=0, le=MAX_OFFSET, description="How many to skip."), IS_DIGITS
    ] = 0,
    limit: Annotated[
        int, Query(ge=1, le=MAX_LIMIT, description="How many to show."), IS_DIGITS
    ] = DEFAULT_LIMIT,
    after: Annotated[str, Query(max_length=MAX_CURSOR_LENGTH, description=AFTER_DESCRIPTION)] = "",
) -> PageRequest:
    """Read `offset`, `limit` and `after`; the caller's role may limit the page further."""
    caller: Caller = request.scope["caller"]
    query: bytes = request.scope["query_string"]
    pairs = query.decode("latin-1").split("&")
    base_query = "&".join(each for each in pairs if each.partition("=")[0] not in PAGE_PARAMETERS)
    target = request.scope["raw_path"].decode("latin-1")
    return PageRequest(offset, min(limit, caller.limits.page_size), after, target, base_query)


PageDep: TypeAlias = Annotated[PageRequest, Depends(page_request)]
"""For endpoints that list: read `page.window`, answer with `paginate`."""


def paginate(
    response: Response,
    page: PageRequest,
    found: Sequence[T],
    total: int | None = None,
    *,
    keys: Callable[[T], Sequence[Any]],
) -> Sequence[T]:
    """Return the rows to show, and set the status and headers that tell whether more follow.

    The header Link leads to the rows after the last one shown.

    Args:
        response: the answer; its status becomes 206 if more rows follow.
        page: the part that the request asks for.
        found: the rows of `page.window`, up to `page.fetch_limit`.
        total: how many rows there are in all, where that is cheap to know.
        keys: returns the sort keys of a row.
    """
    shown = found[: page.limit]
    is_partial = len(found) > len(shown)
    response.status_code = PARTIAL_CONTENT if is_partial else 200
    response.headers["X-Result-Count"] = str(len(shown))
    if is_partial:
        response.headers["Link"] = page.next_link(after=encode_cursor(keys(shown[-1])))
    if total is None and not is_partial and not page.after and (shown or not page.offset):
        total = page.offset + len(shown)
    if total is not None:
        response.headers["X-Total-Count"] = str(total)
    return shown


async def selected_fields(
    fields: Annotated[
        str, Query(max_length=1_000, description="Attributes to show, with commas between.")
    ] = "",
) -> frozenset[str]:
    """Read `fields`: the attributes to show; empty for all."""
    return frozenset(each.strip() for each in fields.split(",") if each.strip())


FieldsDep: TypeAlias = Annotated[frozenset[str], Depends(selected_fields)]
"""For endpoints that let callers select attributes: answer by `view_response`, `list_response`."""

BODY_HEADERS = frozenset({b"content-length", b"content-type"})

ALWAYS_SHOWN = frozenset({"id", "href", "@type"})
"""Shown always."""


def view_response(
    view: BaseModel, selected: frozenset[str] = frozenset(), response: Response | None = None
) -> Response:
    """Return the answer that shows one view, with the selected attributes only.

    Args:
        view: what to show.
        selected: attributes by their names in JSON; empty for all.
        response: has the status and the headers, if some were set.

    Raises:
        InvalidError: an attribute does not exist.
    """
    include = included_fields(type(view), selected)
    body = view.model_dump_json(by_alias=True, exclude_none=True, include=include)
    return json_response(body.encode(), response)


def list_response(
    views: Sequence[BaseModel],
    selected: frozenset[str] = frozenset(),
    response: Response | None = None,
) -> Response:
    """Return the answer that lists views, with the selected attributes only.

    Raises:
        InvalidError: an attribute does not exist.
    """
    include = included_fields(type(views[0]), selected) if views else None
    parts = (
        view.model_dump_json(by_alias=True, exclude_none=True, include=include) for view in views
    )
    return json_response(f"[{','.join(parts)}]".encode(), response)


def json_response(body: bytes, response: Response | None) -> Response:
    """Return an answer with the status and headers that were set on another."""
    answer = Response(body, media_type="application/json")
    if response is not None:
        answer.status_code = response.status_code or 200
        answer.raw_headers += [each for each in response.raw_headers if each[0] not in BODY_HEADERS]
    return answer


def included_fields(kind: type[BaseModel], selected: frozenset[str]) -> set[str] | None:
    """Return the Python names of the attributes to show; None for all."""
    if not selected:
        return None
    names = {field.alias or name: name for name, field in kind.model_fields.items()}
    if unknown := sorted(selected - names.keys()):
        known = ", ".join(sorted(names))
        reason = f"names {len(unknown)} unknown attributes"
        raise InvalidError([Fault("fields", "unknown-field", reason, f"choose from {known}")])
    return {name for alias, name in names.items() if alias in selected | ALWAYS_SHOWN}
