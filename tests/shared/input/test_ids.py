"""Ids that clients choose: any printable text, in one spelling."""

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.input.ids import IDENTIFIER_IN_WORDS, Id, is_identifier

READ = TypeAdapter(Id)

USUAL = [
    "C-1",
    "A/B",
    "客户 1",
    "Jos\u00e9",
    "50%",
    "a?b#c",
    "%2F",
    "...",
    "😀",
    "x" * 100,
    "",
]


@pytest.mark.parametrize("id_", USUAL)
def test_an_id_is_any_printable_text_as_it_was_sent(id_: str) -> None:
    assert READ.validate_python(id_) == id_


@pytest.mark.parametrize(
    ("id_", "code"),
    [
        ("a\x1b[31m", "id-unprintable"),
        ("a\nb", "id-unprintable"),
        ("a\tb", "id-unprintable"),
        ("a\u200bb", "id-unprintable"),
        ("a\u202eb", "id-unprintable"),
        ("a\u3000b", "id-unprintable"),
        ("a\ue000b", "id-unprintable"),
        ("Jose\u0301", "id-not-nfc"),
        (" C-1", "id-edge-space"),
        ("C-1 ", "id-edge-space"),
        (".", "id-relative"),
        ("..", "id-relative"),
        ("x" * 101, "string_too_long"),
        (7, "string_type"),
    ],
)
def test_an_id_that_cannot_be_seen_typed_or_found_again_is_refused(id_: object, code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        READ.validate_python(id_)

    assert [each["type"] for each in caught.value.errors()] == [code]


@pytest.mark.parametrize("name", ["ftth", "NJ-XW-OLT01", "0", "a:b.c_d", "x" * 64])
def test_an_identifier_fits_into_the_names_of_equipment(name: str) -> None:
    assert is_identifier(name), IDENTIFIER_IN_WORDS


@pytest.mark.parametrize("name", ["", "-a", "a b", "a/b", "光纤", "x" * 65, "a\n", "１"])  # noqa: RUF001
def test_nothing_else_is_an_identifier(name: str) -> None:
    assert not is_identifier(name)
