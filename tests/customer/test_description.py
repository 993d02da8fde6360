"""The API's description is complete: every answer has an example, and the example is one."""

import pytest
from httpx import AsyncClient

from services.customer.api import examples, shapes
from services.customer.api.shapes import Shape


@pytest.mark.parametrize(
    ("shape", "example"),
    [
        (shapes.Individual, examples.INDIVIDUAL),
        (shapes.Organization, examples.ORGANIZATION),
        (shapes.PartyAccount, examples.PARTY_ACCOUNT),
        (shapes.Found, examples.FOUND),
        (shapes.CustomerView, examples.VIEW),
        (shapes.Erasure, examples.ERASURE),
        (shapes.Erased, examples.ERASED),
    ],
)
def test_an_example_is_what_would_be_answered(shape: type[Shape], example: object) -> None:
    shown = shape.model_validate(example)

    assert shown.model_dump(by_alias=True, exclude_none=True, mode="json") == example


async def test_every_operation_is_described_with_its_answer(client: AsyncClient) -> None:
    description = (await client.get("/openapi.json")).json()

    answers = {
        (path, verb): operation["responses"]["200"]["content"]["application/json"]["schema"]
        for path, operations in description["paths"].items()
        for verb, operation in operations.items()
        if path.startswith(("/tmf-api", "/ops/v1/customers"))
    }
    assert len(answers) == 7
    for schema in answers.values():
        reference = schema.get("items", schema)["$ref"]
        name = reference.rpartition("/")[2]
        assert description["components"]["schemas"][name]["examples"]
