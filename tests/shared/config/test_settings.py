"""Settings: where they come from, defaults, secrets, and their page."""

import logging
import os
import re
from pathlib import Path

import pytest

from shared.config.environment import settings_page, variables_of
from shared.config.kafka import KafkaSettings
from shared.config.settings import Settings

PAGE = Path(__file__).parents[3] / "docs" / "settings.md"
URL = "postgresql://order:S3cret-and-long@db.example/kaitong_order"
MINIMAL = {"KAITONG_DATABASE_ORDER": URL}


def test_all_but_the_database_has_a_default() -> None:
    settings = Settings.from_environment("order", MINIMAL)

    assert settings.database_url.startswith("postgresql+psycopg://order:S3cret-and-long@")
    assert (settings.kafka, settings.http_host, settings.http_port) == (
        "127.0.0.1:9092",
        "127.0.0.1",
        8000,
    )
    assert settings.auth_keys == Path(".kaitong/keys").absolute()


def test_a_variable_that_is_blank_counts_as_not_set_and_spaces_around_a_value_are_dropped() -> None:
    blank = dict.fromkeys(set(variables_of(Settings)) - {"KAITONG_DATABASE_{SERVICE}"}, " \t")
    settings = Settings.from_environment("order", blank | MINIMAL)
    trimmed = Settings.from_environment("order", MINIMAL | {"KAITONG_HTTP_PORT": " 8001 "})

    assert settings == Settings.from_environment("order", MINIMAL)
    assert trimmed.http_port == 8001


def test_a_variable_that_no_setting_has_is_ignored() -> None:
    others = {"KAITONG_NEW": "1", "kaitong_http_port": "1", "http_port": "1", "SERVICE": "x"}

    assert Settings.from_environment("order", MINIMAL | others) == Settings.from_environment(
        "order", MINIMAL
    )


def test_settings_come_from_the_given_environment_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = KafkaSettings.read({})
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("KAITONG_KAFKA_USER=file\n")
    monkeypatch.setenv("KAITONG_KAFKA_USER", "process")

    assert KafkaSettings.read({}) == before
    assert KafkaSettings.read(os.environ).kafka_user == "process"


def test_state_and_keys_are_below_the_home_unless_they_are_set(tmp_path: Path) -> None:
    home = tmp_path / "{service}"
    below = Settings.from_environment("order", MINIMAL | {"KAITONG_HOME": str(home)})
    elsewhere = Settings.from_environment(
        "order", MINIMAL | {"KAITONG_HOME": str(home), "KAITONG_STATE": str(tmp_path / "{home}")}
    )

    assert (below.state_folder, below.auth_keys) == (home / "state" / "order", home / "keys")
    assert elsewhere.state_folder == tmp_path / "{home}"


def test_reading_settings_never_logs_a_secret(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PYDANTIC_SETTINGS_DEBUG", "1")
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "pydantic_settings")

    Settings.from_environment("order", MINIMAL)

    assert "S3cret" not in caplog.text


def test_every_secret_is_left_out_of_what_is_shown() -> None:
    shown = {name for name, setting in variables_of(Settings).items() if setting.repr}
    secrets = set(variables_of(Settings)) - shown

    assert secrets == {
        "KAITONG_DATABASE_{SERVICE}",
        "KAITONG_KAFKA_PASSWORD",
        "KAITONG_LOG_KEY",
        "KAITONG_PERSON_KEY",
    }
    assert not [name for name in shown if re.search("PASSWORD|SECRET|_KEY$", name)]


def test_settings_are_shown_without_their_secrets() -> None:
    given = MINIMAL | {"KAITONG_KAFKA_PASSWORD": "hunter2", "KAITONG_LOG_KEY": "k" * 16}
    shown = repr(Settings.from_environment("order", given))

    assert "http_port=8000" in shown
    assert not any(secret in shown for secret in ("S3cret", "hunter2", "kkkk"))


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
