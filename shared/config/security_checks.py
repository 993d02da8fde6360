"""Checks of settings that are valid alone and insecure or contradictory together."""

import ipaddress
from collections.abc import Iterator
from typing import TYPE_CHECKING

from shared.config.database_url import credentials_of

if TYPE_CHECKING:
    from shared.config.kafka import KafkaSettings
    from shared.config.settings import Settings

DEVELOPMENT_KEY_PREFIX = "development-"
"""File names of keys that the first start generated begin with this; an issuer's do not."""

WELL_KNOWN_PASSWORDS = frozenset(
    {"admin", "changeme", "kaitong", "password", "postgres", "secret", "test"}
)
"""Passwords that an attacker tries first; the name of the role is another."""

RISKS = ("development-keys", "private-keys", "default-passwords", "plaintext-kafka")
"""Risks that a public address must not be combined with, unless KAITONG_INSECURE names them."""


def kafka_contradictions(settings: "KafkaSettings") -> Iterator[str]:
    """Yield contradictions between Kafka settings that are each valid."""
    if settings.kafka_security.startswith("sasl") and not settings.kafka_user:
        yield (
            f"KAITONG_KAFKA_USER is not set, and KAITONG_KAFKA_SECURITY is "
            f"{settings.kafka_security}: give the user, and KAITONG_KAFKA_PASSWORD"
        )


def contradictions_in(settings: "Settings") -> Iterator[str]:
    """Yield contradictions between settings that are each valid."""
    if settings.archive_months and not settings.archive_folder:
        yield (
            "KAITONG_ARCHIVE_FOLDER is not set, and KAITONG_ARCHIVE_MONTHS moves months out of "
            "the database: give the folder to write them to"
        )
    if not is_loopback(settings.http_host):
        name = f"KAITONG_DATABASE_{settings.service.upper()}"
        for risk, remedy in risks_of(settings, name):
            if risk not in settings.accepted_risks:
                yield (
                    f"KAITONG_HTTP_HOST is {settings.http_host!r}, which other machines reach, and "
                    f"{remedy}, or allow it by KAITONG_INSECURE={risk}"
                )


def risks_of(settings: "Settings", database: str) -> Iterator[tuple[str, str]]:
    """Yield each risk that other machines must not be able to reach, with the remedy."""
    if any(settings.auth_keys.glob(f"{DEVELOPMENT_KEY_PREFIX}*.pem")):
        yield (
            "development-keys",
            "KAITONG_AUTH_KEYS holds development keys: name a folder with your issuer's keys only",
        )
    if any(settings.auth_keys.glob("*.key")):
        yield (
            "private-keys",
            "KAITONG_AUTH_KEYS holds private keys: name a folder with public keys only",
        )
    if has_guessable_password(settings):
        yield (
            "default-passwords",
            f"{database} or KAITONG_KAFKA_PASSWORD holds a well-known password: choose another",
        )
    hosts = [server.rpartition(":")[0] for server in settings.kafka.split(",")]
    if settings.kafka_security.endswith("plaintext") and not all(map(is_loopback, hosts)):
        yield (
            "plaintext-kafka",
            f"KAITONG_KAFKA_SECURITY is {settings.kafka_security}: use ssl or sasl_ssl",
        )


def has_guessable_password(settings: "Settings") -> bool:
    """Tell whether the password of the database or of Kafka is well known."""
    role, password = credentials_of(settings.database_url)
    return password in {*WELL_KNOWN_PASSWORDS, role} - {""} or settings.kafka_password in {
        *WELL_KNOWN_PASSWORDS,
        settings.kafka_user,
    } - {""}


def is_loopback(host: str) -> bool:
    """Tell whether an address can only be reached from this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
