"""Faults of settings: one line for each, and risks on a public address."""

from pathlib import Path
from traceback import format_exception

import pytest
from pydantic import Field

from shared.config.environment import EnvironmentSettings, SettingsError
from shared.config.security_checks import RISKS
from shared.config.settings import Settings

URL = "postgresql://order:S3cret-and-long@db.example/kaitong_order"
MINIMAL = {"KAITONG_DATABASE_ORDER": URL}
WORDS = "development-keys, private-keys, default-passwords, plaintext-kafka, with commas"
DATABASE_URL = "postgresql://ROLE:PASSWORD@HOST:PORT/DATABASE"


def faults_of(environment: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment("order", environment)
    return str(caught.value).splitlines()


def test_a_process_reads_the_database_of_its_own_service_only() -> None:
    assert faults_of({"KAITONG_DATABASE_CUSTOMER": URL})[0].startswith(
        "KAITONG_DATABASE_ORDER is not set: "
    )


def test_every_fault_is_named_in_a_line_with_its_setting_and_the_remedy() -> None:
    faults = faults_of(
        {
            "KAITONG_DATABASE_ORDER": "mysql://a:b@c/d",
            "KAITONG_KAFKA": "broker",
            "KAITONG_HTTP_PORT": "eighty",
            "KAITONG_KAFKA_CA": "/no/such/file.pem",
            "KAITONG_LOG": "loud",
            "KAITONG_INSECURE": "everything",
            "KAITONG_TOPIC_PREFIX": "a b",
            "KAITONG_LOG_KEY": "short",
        }
    )

    assert [line.split()[0] for line in faults] == [
        "KAITONG_KAFKA",
        "KAITONG_KAFKA_CA",
        "KAITONG_TOPIC_PREFIX",
        "KAITONG_DATABASE_ORDER",
        "KAITONG_HTTP_PORT",
        "KAITONG_LOG",
        "KAITONG_LOG_KEY",
        "KAITONG_INSECURE",
    ]
    assert all(": " in line for line in faults)


@pytest.mark.parametrize(
    ("variable", "text", "fault"),
    [
        (
            "KAITONG_KAFKA",
            "broker",
            "is 'broker', which is not HOST:PORT, or several separated by commas: correct it",
        ),
        (
            "KAITONG_KAFKA_CA",
            "/no/such.pem",
            "is '/no/such.pem', which is not an existing file: give the path of one",
        ),
        (
            "KAITONG_TOPIC_PREFIX",
            "a b",
            "is 'a b', which is not made of letters, digits, dots, dashes: correct it",
        ),
        (
            "KAITONG_HTTP_PORT",
            "8_000",
            "is '8_000', which is not a whole number from 0 to 65535: give one",
        ),
        (
            "KAITONG_STATE",
            "/dev/null",
            "is '/dev/null', which is not a folder: give a folder's path",
        ),
        ("KAITONG_LOG", "loud", "is 'loud', which is unknown: give one of json, console"),
        ("KAITONG_LOG_KEY", "short", "is not at least 16 characters long: correct it"),
        (
            "KAITONG_INSECURE",
            "none\nat all",
            r"is 'none\nat all', which names 'none\nat all': give any of " + WORDS,
        ),
        (
            "KAITONG_DATABASE_ORDER",
            "mysql://a:b@c/d",
            f"is not a URL of a PostgreSQL database: write {DATABASE_URL}",
        ),
    ],
)
def test_a_fault_is_one_line_that_says_what_is_wrong_and_what_to_do(
    variable: str, text: str, fault: str
) -> None:
    assert faults_of(MINIMAL | {variable: text}) == [f"{variable} {fault}"]


def test_a_missing_setting_is_named_with_its_meaning() -> None:
    (fault,) = faults_of({})

    assert fault == (
        f"KAITONG_DATABASE_ORDER is not set: give the URL of the service's own database, "
        f"{DATABASE_URL}; TLS by ?sslmode=verify-full&sslrootcert=FILE"
    )


def test_contradictions_of_kafka_and_of_the_service_are_all_named() -> None:
    faults = faults_of(
        MINIMAL | {"KAITONG_KAFKA_SECURITY": "sasl_ssl", "KAITONG_ARCHIVE_MONTHS": "3"}
    )

    assert [line.split()[0] for line in faults] == [
        "KAITONG_KAFKA_USER",
        "KAITONG_ARCHIVE_FOLDER",
    ]


def test_a_fault_never_shows_a_secret() -> None:
    given = {
        "KAITONG_DATABASE_ORDER": "mysql://a:hunter2@c/d",
        "KAITONG_LOG_KEY": "hunter2",
        "KAITONG_PERSON_KEY": "hunter2",
    }

    with pytest.raises(SettingsError) as caught:
        Settings.from_environment("order", given)

    assert len(str(caught.value).splitlines()) == 3
    assert "hunter2" not in "".join(format_exception(caught.value))


def test_sasl_needs_a_user() -> None:
    faults = faults_of(MINIMAL | {"KAITONG_KAFKA_SECURITY": "sasl_ssl"})

    assert [line.split()[0] for line in faults] == ["KAITONG_KAFKA_USER"]


def test_months_that_leave_the_database_need_a_place_to_go() -> None:
    faults = faults_of(MINIMAL | {"KAITONG_ARCHIVE_MONTHS": "3"})

    assert [line.split()[0] for line in faults] == ["KAITONG_ARCHIVE_FOLDER"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3", "api.example"])  # noqa: S104
@pytest.mark.parametrize(
    ("risk", "more"),
    [
        ("default-passwords", {"KAITONG_DATABASE_ORDER": "postgresql://order:kaitong@db/x"}),
        ("default-passwords", {"KAITONG_DATABASE_ORDER": "postgresql://order:order@db/x"}),
        ("plaintext-kafka", {"KAITONG_KAFKA": "127.0.0.1:9092,broker:9092"}),
    ],
)
def test_a_public_address_and_a_risk_do_not_go_together_unless_allowed(
    host: str, risk: str, more: dict[str, str], tmp_path: Path
) -> None:
    given = MINIMAL | more | {"KAITONG_HTTP_HOST": host, "KAITONG_HOME": str(tmp_path)}

    faults = faults_of(given)

    assert len(faults) == 1
    assert f"KAITONG_INSECURE={risk}" in faults[0]
    Settings.from_environment("order", given | {"KAITONG_INSECURE": risk})
    Settings.from_environment("order", given | {"KAITONG_HTTP_HOST": "127.0.0.1"})


def test_a_public_address_and_development_keys_do_not_go_together(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.mkdir()
    (keys / "development-1234.pem").touch()
    given = MINIMAL | {"KAITONG_HTTP_HOST": "0.0.0.0", "KAITONG_HOME": str(tmp_path)}  # noqa: S104

    faults = faults_of(given)

    assert len(faults) == 1
    assert "KAITONG_INSECURE=development-keys" in faults[0]
    Settings.from_environment("order", given | {"KAITONG_INSECURE": ",".join(RISKS)})


def test_a_public_address_and_private_keys_do_not_go_together(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.mkdir()
    (keys / "issuer.key").touch()
    given = MINIMAL | {"KAITONG_HTTP_HOST": "0.0.0.0", "KAITONG_HOME": str(tmp_path)}  # noqa: S104

    faults = faults_of(given)

    assert len(faults) == 1
    assert "KAITONG_INSECURE=private-keys" in faults[0]


class RatedSettings(EnvironmentSettings):
    """A setting with a constraint of pydantic's own."""

    rate: int = Field(1, ge=1, validation_alias="KAITONG_RATE", description="a rate")


@pytest.mark.parametrize("rate", ["0", "fast"])
def test_a_value_that_pydantic_itself_refuses_is_named_with_the_reason(rate: str) -> None:
    with pytest.raises(SettingsError) as caught:
        RatedSettings.read({"KAITONG_RATE": rate})

    (fault,) = str(caught.value).splitlines()
    assert fault.startswith(f"KAITONG_RATE is '{rate}', which is not valid: Input should be ")
    assert fault.endswith("; correct it")
