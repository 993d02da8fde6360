"""Kafka's address, security settings, retention and pauses between tries.

Tools that are not a service read only these settings.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from shared.config.environment import (
    Setting,
    bootstrap_servers,
    declared_settings,
    matching,
    one_of,
    optional_file,
)

BROKER_PAUSES = (timedelta(milliseconds=200), timedelta(seconds=5))
"""The first and the longest pause between two tries to reach the broker."""

RETENTION = timedelta(days=7)
"""How long topics keep messages. Older ones are not republished to a broker that lost its data."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class KafkaSettings:
    """Connection settings for Kafka."""

    kafka: Annotated[
        str,
        Setting(
            "KAITONG_KAFKA",
            "Kafka's bootstrap servers: HOST:PORT, several separated by commas",
            bootstrap_servers,
            default="127.0.0.1:9092",
        ),
    ]
    kafka_security: Annotated[
        str,
        Setting(
            "KAITONG_KAFKA_SECURITY",
            "Kafka's security protocol: plaintext, ssl, sasl_plaintext or sasl_ssl",
            one_of("plaintext", "ssl", "sasl_plaintext", "sasl_ssl"),
            default="plaintext",
        ),
    ]
    kafka_mechanism: Annotated[
        str,
        Setting(
            "KAITONG_KAFKA_MECHANISM",
            "the SASL mechanism: plain, scram-sha-256 or scram-sha-512",
            one_of("plain", "scram-sha-256", "scram-sha-512"),
            default="scram-sha-512",
        ),
    ]
    kafka_user: Annotated[str, Setting("KAITONG_KAFKA_USER", "the SASL user at Kafka", default="")]
    kafka_password: Annotated[
        str,
        Setting(
            "KAITONG_KAFKA_PASSWORD",
            "the SASL user's password",
            default="",
            secret=True,
        ),
    ]
    kafka_ca: Annotated[
        Path | None,
        Setting(
            "KAITONG_KAFKA_CA",
            "a file with the CA certificates that Kafka's certificate is checked against; "
            "without it the system's are used",
            optional_file,
            default="",
        ),
    ]
    topic_prefix: Annotated[
        str,
        Setting(
            "KAITONG_TOPIC_PREFIX",
            "a prefix of the names of topics and consumer groups: with different prefixes, "
            "installations can share a broker",
            matching(r"[A-Za-z0-9._-]{0,100}", "made of letters, digits, dots, dashes"),
            default="",
        ),
    ]

    installation: Annotated[
        str,
        Setting(
            "KAITONG_INSTALLATION",
            "the name of this installation, the same for all its services and different from all "
            "other installations; it claims its topics under this name, and does not use topics "
            "that another has claimed. `up` generates one; without a name no process starts. A "
            "database stores the first name it is used with; with another name nothing is read or "
            "published. To rename a copied database: "
            "`python -m shared.runtime.rename_installation order provisioning resources customer`",
            matching(r"[A-Za-z0-9._-]{0,100}", "made of letters, digits, dots, dashes"),
            default="",
        ),
    ]

    def __repr__(self) -> str:
        """Show everything but the secrets."""
        declared = declared_settings(type(self)).items()
        plain = {field: getattr(self, field) for field, each in declared if not each.secret}
        return f"{type(self).__name__}({plain})"
