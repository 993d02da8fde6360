"""Imports of numbers and plant. A repeated import changes nothing."""

from functools import partial
from typing import Annotated, TypeAlias

from fastapi import Depends, Request, Response

from services.resources.api.examples import imports as examples
from services.resources.api.schemas.imports import (
    JSON_TYPE,
    openapi_import_body,
    read_rows,
    refuse_too_many,
)
from services.resources.api.views.imports import ImportView
from services.resources.commands.imports import (
    RowImporter,
    import_addresses,
    import_and_audit,
    import_exchanges,
    import_segments,
    import_splitters,
)
from services.resources.commands.item_imports import add_blocks, add_items, add_pairs
from services.resources.domain.plant.import_counts import ImportCounts
from services.resources.domain.plant.plant import RowT
from shared.http import (
    CausationDep,
    CommandBatcherDep,
    Router,
    error_responses,
    view_response,
)
from shared.http.callers import NetworkWriter
from shared.http.collection_paths import OPS_PATH
from shared.http.dependencies import DirectDependency

IMPORT_PATH = f"{OPS_PATH}/import"

RawRequest: TypeAlias = Annotated[Request, Depends(DirectDependency(lambda request: request))]
"""The request itself: its body is rows, which are not parsed as one JSON value."""

router = Router(tags=["import"])


def add_import_route(
    path: str, example: RowT, things_of_example: int, add_rows: RowImporter[RowT]
) -> None:
    """Add the route for rows of the example's kind; the example creates `things_of_example`."""
    kind = type(example)

    async def import_rows(
        request: RawRequest, caller: NetworkWriter, cause: CausationDep, batcher: CommandBatcherDep
    ) -> Response:
        parsed = read_rows(kind, await request.body(), request.headers.get("content-type", ""))
        refuse_too_many(len(parsed.rows), caller.limits.import_rows)
        is_empty = not (parsed.rows or parsed.faults)
        command = partial(import_and_audit, path, add_rows, parsed)
        counts = ImportCounts() if is_empty else await batcher.execute(cause, command)
        return view_response(ImportView.of(len(parsed.rows), counts))

    import_rows.__doc__ = add_rows.__doc__
    example_response = {**examples.IMPORTED, "things": things_of_example}
    router.post(
        f"{IMPORT_PATH}/{path}",
        response_model=ImportView,
        operation_id=f"import_{path}",
        name=f"import_{path}",
        openapi_extra=openapi_import_body(example),
        responses={
            200: {"content": {JSON_TYPE: {"example": example_response}}},
            **error_responses(422),
        },
    )(import_rows)


add_import_route("exchanges", examples.EXCHANGE, 0, import_exchanges)
add_import_route("segments", examples.SEGMENT, 1000, import_segments)
add_import_route("splitters", examples.SPLITTER, 24, import_splitters)
add_import_route("addresses", examples.ADDRESS, 0, import_addresses)
add_import_route("pairs", examples.PAIRS, 500, add_pairs)
add_import_route("items", examples.ITEM, 1, add_items)
add_import_route("blocks", examples.BLOCK, 64, add_blocks)
