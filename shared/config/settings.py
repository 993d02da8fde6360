"""Settings of a service's process, read from the environment.

docs/settings.md is generated: `python -m shared.config.settings > docs/settings.md`.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from shared.config.environment import settings_page, variables_of
from shared.config.kafka import KafkaSettings
from shared.config.parsers import (
    DatabaseUrl,
    Folder,
    OptionalFile,
    OptionalFolder,
    matching,
    one_of,
    some_of,
    whole_number,
)
from shared.config.security_checks import RISKS, contradictions_in

PseudonymKey = Annotated[str, matching(r".{16,}", "at least 16 characters long")]


class Settings(KafkaSettings):
    """Settings of one process of one service: addresses, secrets and limits."""

    service: str
    database_url: DatabaseUrl = Field(
        validation_alias="KAITONG_DATABASE_{SERVICE}",
        description="the URL of the service's own database, "
        "postgresql://ROLE:PASSWORD@HOST:PORT/DATABASE; "
        "TLS by ?sslmode=verify-full&sslrootcert=FILE",
        repr=False,
    )
    http_host: str = Field(
        "127.0.0.1",
        validation_alias="KAITONG_HTTP_HOST",
        description="the address the API listens on",
    )
    http_port: Annotated[int, whole_number(0, 65535)] = Field(
        8000,
        validation_alias="KAITONG_HTTP_PORT",
        description="the port the API listens on; 0 for any free one",
    )
    home: Folder = Field(
        Path(".kaitong"),
        validation_alias="KAITONG_HOME",
        description="the folder for all state on one machine",
    )
    state_folder: Folder = Field(
        Path("{home}/state/{service}"),
        validation_alias="KAITONG_STATE",
        description="a folder for the service's temporary files; nothing of value is kept there",
    )
    log_format: Annotated[str, one_of("json", "console")] = Field(
        "json",
        validation_alias="KAITONG_LOG",
        description="the log format: json for machines, console for people",
    )
    log_level: Annotated[str, one_of("debug", "info", "warning", "error")] = Field(
        "info",
        validation_alias="KAITONG_LOG_LEVEL",
        description="the lowest level that is written: debug, info, warning or error",
    )
    log_key: PseudonymKey = Field(
        "",
        validation_alias="KAITONG_LOG_KEY",
        description="a secret; with one key, the same personal value gets the same pseudonym in "
        "all logs. Without it each process generates its own key, and pseudonyms cannot be "
        "compared across processes",
        repr=False,
    )
    person_key: PseudonymKey = Field(
        "",
        validation_alias="KAITONG_PERSON_KEY",
        description="a secret of customer and order that must never change; they use it to "
        "recognise persons whose data were erased, repeated orders and checked identities. Without "
        "it no personal data can be erased, and no identity be checked",
        repr=False,
    )
    auth_keys: Folder = Field(
        Path("{home}/keys"),
        validation_alias="KAITONG_AUTH_KEYS",
        description="a folder with the public keys (KID.pem) that tokens are checked against",
    )
    auth_issuer: str = Field(
        "kaitong",
        validation_alias="KAITONG_AUTH_ISSUER",
        description="the `iss` that tokens must carry",
    )
    auth_audience: str = Field(
        "kaitong",
        validation_alias="KAITONG_AUTH_AUDIENCE",
        description="the `aud` that tokens must name",
    )
    tenant: Annotated[str, matching(r".+", "a tenant, as tokens name it")] = Field(
        "jiangsu",
        validation_alias="KAITONG_TENANT",
        description="the tenant that runs the installation: only its staff change what all tenants "
        "share, and see messages that name no tenant (docs/access.md)",
    )
    roles: OptionalFile = Field(
        None,
        validation_alias="KAITONG_ROLES",
        description="a file of roles (JSON) that replaces the shipped roles: see docs/access.md",
    )
    body_limit: Annotated[int, whole_number(1_024, 1 << 30)] = Field(
        1_048_576,
        validation_alias="KAITONG_BODY_LIMIT",
        description="the largest request body, in bytes",
    )
    rate_limit: Annotated[int, whole_number(0, 1_000_000)] = Field(
        1000,
        validation_alias="KAITONG_RATE_LIMIT",
        description="the most requests per second that one client may send to one process; "
        "0 for no limit",
    )
    concurrency: Annotated[int, whole_number(1, 100_000)] = Field(
        500,
        validation_alias="KAITONG_CONCURRENCY",
        description="the most requests that one process handles at a time; of one client half as "
        "many may wait for the rest of their bodies",
    )
    archive_months: Annotated[int, whole_number(0, 1_200)] = Field(
        0,
        validation_alias="KAITONG_ARCHIVE_MONTHS",
        description="how many months of outbox records and history stay in the database; 0 for all",
    )
    archive_folder: OptionalFolder = Field(
        None,
        validation_alias="KAITONG_ARCHIVE_FOLDER",
        description="the folder for months that are moved out of the database; each service has "
        "its own folder in it",
    )
    accepted_risks: Annotated[frozenset[str], some_of(*RISKS)] = Field(
        frozenset(),
        validation_alias="KAITONG_INSECURE",
        description="risks that are accepted together with a public address: any of "
        + ", ".join(RISKS),
    )

    @model_validator(mode="before")
    @classmethod
    def fill_in_default_paths(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Fill in `{home}` and `{service}` in the paths of variables that are not set."""
        paths = {
            variable: str(setting.default)
            for variable, setting in variables_of(cls).items()
            if isinstance(setting.default, Path)
        }
        home, service = {**paths, **given}["KAITONG_HOME"], given["service"]
        filled = {name: path.format(home=home, service=service) for name, path in paths.items()}
        return {**filled, **given}

    @classmethod
    def from_environment(cls, service: str, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the settings of a service.

        Raises:
            SettingsError: one line for each fault, with its setting and its remedy.
        """
        return cls.read(environment, service=service)

    def contradictions(self) -> Iterator[str]:
        """Yield contradictions between settings that are each valid."""
        yield from super().contradictions()
        yield from contradictions_in(self)

    @property
    def consumer_group(self) -> str:
        """The consumer group that the service's workers share."""
        return f"{self.topic_prefix}{self.service}"

    @property
    def service_archive_folder(self) -> Path | None:
        """The service's own archive folder: services may share `archive_folder`."""
        return self.archive_folder / self.service if self.archive_folder else None


if __name__ == "__main__":
    sys.stdout.write(settings_page(Settings))
