"""Kafka's address, security settings, retention and pauses between tries.

Tools that are not a service read only these settings.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from shared.config.environment import EnvironmentSettings
from shared.config.parsers import BootstrapServers, OptionalFile, matching, one_of
from shared.config.security_checks import kafka_contradictions

BROKER_PAUSES = (timedelta(milliseconds=200), timedelta(seconds=5))
"""The first and the longest pause between two tries to reach the broker."""

RETENTION = timedelta(days=7)
"""How long topics keep messages. Older ones are not republished to a broker that lost its data."""

TopicNamePart = Annotated[
    str, matching(r"[A-Za-z0-9._-]{0,100}", "made of letters, digits, dots, dashes")
]


class KafkaSettings(EnvironmentSettings):
    """Connection settings for Kafka."""

    kafka: BootstrapServers = Field(
        "127.0.0.1:9092",
        validation_alias="KAITONG_KAFKA",
        description="Kafka's bootstrap servers: HOST:PORT, several separated by commas",
    )
    kafka_security: Annotated[str, one_of("plaintext", "ssl", "sasl_plaintext", "sasl_ssl")] = (
        Field(
            "plaintext",
            validation_alias="KAITONG_KAFKA_SECURITY",
            description="Kafka's security protocol: plaintext, ssl, sasl_plaintext or sasl_ssl",
        )
    )
    kafka_mechanism: Annotated[str, one_of("plain", "scram-sha-256", "scram-sha-512")] = Field(
        "scram-sha-512",
        validation_alias="KAITONG_KAFKA_MECHANISM",
        description="the SASL mechanism: plain, scram-sha-256 or scram-sha-512",
    )
    kafka_user: str = Field(
        "", validation_alias="KAITONG_KAFKA_USER", description="the SASL user at Kafka"
    )
    kafka_password: str = Field(
        "",
        validation_alias="KAITONG_KAFKA_PASSWORD",
        description="the SASL user's password",
        repr=False,
    )
    kafka_ca: OptionalFile = Field(
        None,
        validation_alias="KAITONG_KAFKA_CA",
        description="a file with the CA certificates that Kafka's certificate is checked against; "
        "without it the system's are used",
    )
    topic_prefix: TopicNamePart = Field(
        "",
        validation_alias="KAITONG_TOPIC_PREFIX",
        description="a prefix of the names of topics and consumer groups: with different prefixes, "
        "installations can share a broker",
    )
    installation: TopicNamePart = Field(
        "",
        validation_alias="KAITONG_INSTALLATION",
        description="the name of this installation, the same for all its services and different "
        "from all other installations; it claims its topics under this name, and does not use "
        "topics that another has claimed. `up` generates one; without a name no process starts. A "
        "database stores the first name it is used with; with another name nothing is read or "
        "published. To rename a copied database: "
        "`python -m shared.runtime.rename_installation order provisioning resources customer`",
    )

    def contradictions(self) -> Iterator[str]:
        """Yield contradictions between Kafka settings that are each valid."""
        yield from kafka_contradictions(self)
