"""A number in JSON is a number: texts and truth values are not converted to one."""

from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field, ValidationError

from shared.input.numbers import IS_NUMBER, Boolean, Number, WholeNumber


class Body(BaseModel):
    """The body that is validated here."""

    whole: WholeNumber = 1
    bounded: Annotated[int, Field(ge=1), IS_NUMBER] = 1
    number: Annotated[Number, Field(ge=0)] = 0
    truth: Boolean = False


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("whole", value) for value in (True, "3", 3.5, None, [3])),
        *(("bounded", value) for value in (True, "3", 3.5, 0)),
        *(("number", value) for value in (True, "2.5", None, -1)),
        *(("truth", value) for value in (1, 0, "yes", "true", None)),
    ],
)
def test_what_is_of_another_kind_is_refused(field: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        Body.model_validate({field: value})


def test_a_number_without_a_fraction_is_whole_however_it_is_written() -> None:
    read = Body.model_validate({"whole": 3.0, "number": 2, "truth": True})

    assert read == Body(whole=3, number=2.0, truth=True)


def test_the_schema_names_the_types_of_json() -> None:
    described = Body.model_json_schema()["properties"]

    assert described["bounded"] == described["whole"] | {"minimum": 1, "title": "Bounded"}
    assert {each["type"] for each in described.values()} == {"integer", "number", "boolean"}
