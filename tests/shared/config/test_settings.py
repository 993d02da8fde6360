"""Settings: defaults, faults, secrets, and risks on a public address."""

from pathlib import Path

import pytest

from shared.config.environment import SettingsError, settings_page
from shared.config.security_checks import RISKS
from shared.config.settings import Settings

PAGE = Path(__file__).parents[3] / "docs" / "settings.md"
URL = "postgresql://order:S3cret-and-long@db.example/kaitong_order"
MINIMAL = {"KAITONG_DATABASE_ORDER": URL}


def faults_of(environment: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment("order", environment)
    return str(caught.value).splitlines()


def test_all_but_the_database_has_a_default() -> None:
    settings = Settings.from_environment("order", MINIMAL)

    assert settings.database_url.startswith("postgresql+psycopg://order:S3cret-and-long@")
    assert (settings.kafka, settings.http_host, settings.http_port) == (
        "127.0.0.1:9092",
        "127.0.0.1",
        8000,
    )
    assert settings.auth_keys == Path(".kaitong/keys").absolute()


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
            "KAITONG_ELEMENTS_URL": "ftp://elements",
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
        "KAITONG_ELEMENTS_URL",
        "KAITONG_LOG",
        "KAITONG_LOG_KEY",
        "KAITONG_INSECURE",
    ]
    assert all(": " in line for line in faults)


def test_a_fault_never_shows_a_secret() -> None:
    faults = faults_of({"KAITONG_DATABASE_ORDER": "mysql://a:hunter2@c/d"})

    assert "hunter2" not in "".join(faults)


def test_settings_are_shown_without_their_secrets() -> None:
    given = MINIMAL | {"KAITONG_KAFKA_PASSWORD": "hunter2", "KAITONG_LOG_KEY": "k" * 16}
    shown = repr(Settings.from_environment("order", given))

    assert "KAITONG" not in shown
    assert not any(secret in shown for secret in ("S3cret", "hunter2", "kkkk"))


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


def test_the_page_of_settings_is_as_the_code_has_it() -> None:
    assert PAGE.read_text() == settings_page(Settings), (
        "python -m shared.config.settings > docs/settings.md"
    )


def test_services_that_share_a_folder_for_the_archive_do_not_share_files(tmp_path: Path) -> None:
    given = {"KAITONG_ARCHIVE_MONTHS": "3", "KAITONG_ARCHIVE_FOLDER": str(tmp_path)}
    folders = {
        Settings.from_environment(
            service, given | {url: "postgresql://u:p@h/d"}
        ).service_archive_folder
        for service, url in (
            ("order", "KAITONG_DATABASE_ORDER"),
            ("customer", "KAITONG_DATABASE_CUSTOMER"),
        )
    }

    assert folders == {tmp_path / "order", tmp_path / "customer"}
