"""The rules for real-name checks are a file; a province replaces it by a setting."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.order.commands.identities import installation_rules, read_rules, rules_of
from services.order.domain.catalogue.catalogue import Catalogue
from services.order.domain.catalogue.publication import Publication, publish
from services.order.domain.identity.rules import SHIPPED_FILE, SHIPPED_RULES
from services.order.settings import HEADING, READERS, SETTINGS
from shared.config.environment import settings_page
from shared.errors import InvalidError, StartError
from tests.order.builders import CATALOGUE

PAGE = Path(__file__).parents[2] / "docs/settings-order.md"
SHIPPED: dict[str, Any] = json.loads(SHIPPED_FILE.read_text())


def rules_with(**differences: Any) -> bytes:
    return json.dumps({"default": SHIPPED["default"] | differences}).encode()


@pytest.fixture
def fresh_rules() -> Iterator[None]:
    """The rules are read anew in this test, and after it."""
    installation_rules.cache_clear()
    yield
    installation_rules.cache_clear()


def test_five_phone_cards_is_the_shipped_limit_of_a_person() -> None:
    rules = SHIPPED_RULES.of_tenant("jiangsu")

    assert rules.limit_of("phone-cards", "residentIdentityCard") == 5
    assert rules.limit_of("phone-cards", "unifiedSocialCreditCode") is None
    assert rules.limit_of("lines", "residentIdentityCard") is None


@pytest.mark.usefixtures("fresh_rules")
def test_a_tenant_has_its_own_rules_in_the_file_that_a_setting_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = SHIPPED["default"] | {"limits": [{"group": "phone-cards", "at_most": 10}]}
    file = tmp_path / "rules.json"
    file.write_text(json.dumps(SHIPPED | {"tenants": {"anhui": own}}))
    monkeypatch.setenv("KAITONG_REAL_NAME_RULES", str(file))

    limits = [rules_of(each).limit_of("phone-cards", "passport") for each in ("jiangsu", "anhui")]
    assert limits == [5, 10]


@pytest.mark.parametrize(
    ("differences", "fault"),
    [
        ({"valid_hours": 0}, "default.valid_hours: no check would be valid"),
        ({"document_types": []}, "default.document_types: there is none"),
        ({"limits": [{"group": "g", "at_most": -1}]}, "default.limits.g: a limit is out of range"),
        ({"limits": [{"group": "g", "at_most": 1}] * 2}, "the group has two limits"),
        (
            {"limits": [{"group": "g", "at_most": 1, "by_document_type": {"x": 1}}]},
            "x is not among document_types",
        ),
        ({"valid_hour": 3}, "valid_hour"),
        ({"blocked_for": ["adopt"]}, "adopt"),
    ],
)
def test_a_file_with_faults_keeps_the_process_from_starting(
    tmp_path: Path, differences: dict[str, Any], fault: str
) -> None:
    file = tmp_path / "rules.json"
    file.write_bytes(rules_with(**differences))

    with pytest.raises(StartError, match=f"KAITONG_REAL_NAME_RULES: .*{fault}"):
        read_rules(file)


@pytest.mark.parametrize(
    ("content", "fault"),
    [(b"{", "JSON"), (b'{"default": {}, "default": {}}', "default"), (b"[]", "object")],
)
def test_a_file_that_could_mean_two_things_or_is_no_json_keeps_the_process_from_starting(
    tmp_path: Path, content: bytes, fault: str
) -> None:
    file = tmp_path / "rules.json"
    file.write_bytes(content)

    with pytest.raises(StartError, match=f"KAITONG_REAL_NAME_RULES: .*{fault}"):
        read_rules(file)


def test_a_file_that_is_missing_keeps_the_process_from_starting(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="cannot be read"):
        read_rules(tmp_path / "none.json")


@pytest.mark.parametrize(
    "text", ["身份证", "resident identity card", "residentIdentityCard", "GB 11643"]
)
def test_a_type_of_document_is_known_in_every_spelling(text: str) -> None:
    assert SHIPPED_RULES.default.document_type_of(text) == "residentIdentityCard"


def test_a_count_needs_the_holder_to_be_known_whenever_a_product_changes_hands() -> None:
    mobile = CATALOGUE.active_specifications["mobile"]
    evaded = Publication(
        specifications=(
            mobile.__class__(
                id="mobile",
                version=2,
                name="x",
                identified_for=mobile.identified_for[:1],
                counts_per_identity="phone-cards",
            ),
        )
    )

    with pytest.raises(InvalidError) as refused:
        publish(CATALOGUE, Catalogue.of((), ()), evaded)

    (fault,) = (each for each in refused.value.faults if each.code == "count-unidentified")
    assert fault.field == "/specifications/0/identified_for"
    assert "transfer" in fault.reason


def test_the_page_of_the_settings_is_up_to_date() -> None:
    assert PAGE.read_text() == settings_page(*SETTINGS, heading=HEADING, readers=READERS)
