"""Settings of a service's process, read from the environment.

docs/settings.md is generated: `python -m shared.config.settings > docs/settings.md`.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from shared.config.environment import (
    Setting,
    database_url,
    folder,
    matching,
    one_of,
    optional_file,
    optional_folder,
    raise_if_faults,
    read_settings,
    settings_page,
    some_of,
    web_url,
    whole_number,
)
from shared.config.kafka import KafkaSettings
from shared.config.security_checks import RISKS, contradictions_in, contradictions_with_kafka


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Settings(KafkaSettings):
    """Settings of one process of one service: addresses, secrets and limits."""

    service: str
    database_url: Annotated[
        str,
        Setting(
            "KAITONG_DATABASE_{SERVICE}",
            "the URL of the service's own database, postgresql://ROLE:PASSWORD@HOST:PORT/DATABASE; "
            "TLS by ?sslmode=verify-full&sslrootcert=FILE",
            database_url,
            secret=True,
        ),
    ]
    http_host: Annotated[
        str,
        Setting("KAITONG_HTTP_HOST", "the address the API listens on", default="127.0.0.1"),
    ]
    http_port: Annotated[
        int,
        Setting(
            "KAITONG_HTTP_PORT",
            "the port the API listens on; 0 for any free one",
            whole_number(0, 65535),
            default="8000",
        ),
    ]
    home: Annotated[
        Path,
        Setting(
            "KAITONG_HOME",
            "the folder for all state on one machine",
            folder,
            default=".kaitong",
        ),
    ]
    state_folder: Annotated[
        Path,
        Setting(
            "KAITONG_STATE",
            "a folder for the service's temporary files; nothing of value is kept there",
            folder,
            default="{home}/state/{service}",
        ),
    ]
    elements_url: Annotated[
        str,
        Setting(
            "KAITONG_ELEMENTS_URL",
            "the base URL of network elements that use HTTP",
            web_url,
            default="",
        ),
    ]
    log_format: Annotated[
        str,
        Setting(
            "KAITONG_LOG",
            "the log format: json for machines, console for people",
            one_of("json", "console"),
            default="json",
        ),
    ]
    log_level: Annotated[
        str,
        Setting(
            "KAITONG_LOG_LEVEL",
            "the lowest level that is written: debug, info, warning or error",
            one_of("debug", "info", "warning", "error"),
            default="info",
        ),
    ]
    log_key: Annotated[
        str,
        Setting(
            "KAITONG_LOG_KEY",
            "a secret; with one key, the same personal value gets the same pseudonym in all logs. "
            "Without it each process generates its own key, and pseudonyms cannot be compared "
            "across processes",
            matching(r"|.{16,}", "at least 16 characters long"),
            default="",
            secret=True,
        ),
    ]
    person_key: Annotated[
        str,
        Setting(
            "KAITONG_PERSON_KEY",
            "a secret of customer and order that must never change; they use it to recognise "
            "persons whose data were erased, and repeated orders. Without it no personal data can "
            "be erased",
            matching(r"|.{16,}", "at least 16 characters long"),
            default="",
            secret=True,
        ),
    ]
    auth_keys: Annotated[
        Path,
        Setting(
            "KAITONG_AUTH_KEYS",
            "a folder with the public keys (KID.pem) that tokens are checked against",
            folder,
            default="{home}/keys",
        ),
    ]
    auth_issuer: Annotated[
        str,
        Setting("KAITONG_AUTH_ISSUER", "the `iss` that tokens must carry", default="kaitong"),
    ]
    auth_audience: Annotated[
        str,
        Setting("KAITONG_AUTH_AUDIENCE", "the `aud` that tokens must name", default="kaitong"),
    ]
    tenant: Annotated[
        str,
        Setting(
            "KAITONG_TENANT",
            "the tenant that runs the installation: only its staff change what all tenants share, "
            "and see messages that name no tenant (docs/access.md)",
            matching(r".+", "a tenant, as tokens name it"),
            default="jiangsu",
        ),
    ]
    roles: Annotated[
        Path | None,
        Setting(
            "KAITONG_ROLES",
            "a file of roles (JSON) that replaces the shipped roles: see docs/access.md",
            optional_file,
            default="",
        ),
    ]
    body_limit: Annotated[
        int,
        Setting(
            "KAITONG_BODY_LIMIT",
            "the largest request body, in bytes",
            whole_number(1_024, 1 << 30),
            default="1048576",
        ),
    ]
    rate_limit: Annotated[
        int,
        Setting(
            "KAITONG_RATE_LIMIT",
            "the most requests per second that one client may send to one process; 0 for no limit",
            whole_number(0, 1_000_000),
            default="1000",
        ),
    ]
    concurrency: Annotated[
        int,
        Setting(
            "KAITONG_CONCURRENCY",
            "the most requests that one process handles at a time; of one client half as many may "
            "wait for the rest of their bodies",
            whole_number(1, 100_000),
            default="500",
        ),
    ]
    archive_months: Annotated[
        int,
        Setting(
            "KAITONG_ARCHIVE_MONTHS",
            "how many months of outbox records and history stay in the database; 0 for all",
            whole_number(0, 1_200),
            default="0",
        ),
    ]
    archive_folder: Annotated[
        Path | None,
        Setting(
            "KAITONG_ARCHIVE_FOLDER",
            "the folder for months that are moved out of the database; each service has its own "
            "folder in it",
            optional_folder,
            default="",
        ),
    ]
    accepted_risks: Annotated[
        frozenset[str],
        Setting(
            "KAITONG_INSECURE",
            f"risks that are accepted together with a public address: any of {', '.join(RISKS)}",
            some_of(*RISKS),
            default="",
        ),
    ]

    @classmethod
    def from_environment(cls, service: str, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the settings of a service.

        Raises:
            SettingsError: one line for each fault, with its setting and its remedy.
        """
        placeholders = {
            "service": service,
            "home": environment.get("KAITONG_HOME", "") or ".kaitong",
        }
        settings = cls(service=service, **read_settings(cls, environment, placeholders))
        raise_if_faults([*contradictions_with_kafka(settings), *contradictions_in(settings)])
        return settings

    @property
    def consumer_group(self) -> str:
        """The consumer group that the service's workers share."""
        return f"{self.topic_prefix}{self.service}"

    @property
    def service_archive_folder(self) -> Path | None:
        """The service's own archive folder: services may share `archive_folder`."""
        return self.archive_folder / self.service if self.archive_folder else None


def read_kafka_settings(environment: Mapping[str, str] = os.environ) -> KafkaSettings:
    """Read the connection settings for Kafka only.

    Raises:
        SettingsError: one line for each fault, with its setting and its remedy.
    """
    settings = KafkaSettings(**read_settings(KafkaSettings, environment, {}))
    raise_if_faults(contradictions_with_kafka(settings))
    return settings


if __name__ == "__main__":
    sys.stdout.write(settings_page(Settings))
