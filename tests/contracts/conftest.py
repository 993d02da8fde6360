"""The API of each service, complete, over a database that cannot be reached."""

from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

from services.customer.app import SERVICE as CUSTOMER
from services.order.app import SERVICE as ORDER
from services.provisioning.app import SERVICE as PROVISIONING
from services.resources.app import SERVICE as RESOURCES
from shared.desk import Desk
from shared.http import make_api
from shared.monitor import Monitor
from shared.ops import Desks, make_ops_router
from shared.producer import Producer
from shared.relay import Relay
from shared.service import Service
from shared.settings import Settings
from tests.shared.http.api import settings_for

SERVICES = [ORDER, PROVISIONING, RESOURCES, CUSTOMER]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with keys, and a database that cannot be reached."""
    return settings_for(tmp_path)


@pytest.fixture(params=SERVICES, ids=lambda each: each.name)
def api(request: pytest.FixtureRequest, settings: Settings) -> FastAPI:
    """The API of a service."""
    service: Service = request.param
    sessions = sessionmaker(create_engine(settings.database_url))
    relay = Relay(sessions, Producer(settings))
    monitor = Monitor(settings, sessions)
    desks = Desks(settings, sessions, relay, service.subscriptions, monitor)
    routers, desk = (*service.routers, make_ops_router(desks)), Desk(sessions, relay)
    return make_api(service.name, routers, desk, sessions, settings, about=service.about)


@pytest.fixture
def description(api: FastAPI) -> dict[str, Any]:
    """What a service says of its API."""
    return api.openapi()
