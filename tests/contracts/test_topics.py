"""Each service fetches the topics whose messages it reads, and no busy one in vain."""

from collections.abc import Mapping

import pytest

from services.customer.app import SERVICE as CUSTOMER
from services.order.app import SERVICE as ORDER
from services.provisioning.app import SERVICE as PROVISIONING
from services.resources.app import SERVICE as RESOURCES
from shared.contracts.base import Message, public_contracts
from shared.service_definition import ServiceDefinition

SERVICES: Mapping[str, ServiceDefinition] = {
    each.name: each for each in (ORDER, PROVISIONING, RESOURCES, CUSTOMER)
}


def readers(topic: str) -> set[str]:
    """Return the services that consume a topic."""
    return {
        name
        for name, service in SERVICES.items()
        if topic in {each.message.topic for each in service.subscriptions.values()}
    }


@pytest.mark.parametrize("message", public_contracts(), ids=lambda each: each.type)
def test_a_topic_is_named_after_the_service_whose_messages_it_has(message: type[Message]) -> None:
    named = message.topic.partition(".")[0]

    assert named == (readers(message.topic).pop() if is_request(message) else message.owner)


def is_request(message: type[Message]) -> bool:
    return message.topic.endswith(".requests")


def test_what_is_handed_over_to_billing_is_fetched_by_no_service() -> None:
    assert readers("order.billing") == set()
    assert {each.type for each in public_contracts() if each.topic == "order.billing"} == {
        "order.item_completed.v1"
    }


def test_states_of_orders_are_fetched_by_the_service_alone_that_shows_them() -> None:
    assert readers("order.states") == {"customer"}
    assert {each.type for each in public_contracts() if each.topic == "order.states"} == {
        "order.state_changed.v1"
    }
