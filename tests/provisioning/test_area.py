"""Work orders belong to the area of their address, which resources reports."""

import msgspec
from sqlalchemy import select

from services.provisioning.handlers import SUBSCRIPTIONS
from services.provisioning.tables import WorkOrderRow
from shared.contracts import AssignmentRequested, ResourcesAssigned, ServiceCompleted
from shared.persistence.database import Sessions
from tests.kernel import consume, envelopes, published
from tests.provisioning.builders import (
    a_blueprint,
    a_work_order,
    accepted,
    an_item,
    assigned,
    index,
)
from tests.provisioning.database import REFERENCE, plan_of, publish, services_of

WITH_WORK_ORDER = a_blueprint(a_work_order("install"))


def assigned_in(*networks: str) -> ResourcesAssigned:
    """Return the message that each item of an order has its resources, in its local network."""
    order = accepted(*(an_item(id_=str(place + 1)) for place in range(len(networks))))
    answer = assigned(order, index([WITH_WORK_ORDER]))
    items = tuple(
        msgspec.structs.replace(each, local_network=network)
        for each, network in zip(answer.items, networks, strict=True)
    )
    return msgspec.structs.replace(answer, items=items)


def test_the_area_in_an_order_is_sent_to_resources_and_not_used_in_the_plan(
    sessions: Sessions,
) -> None:
    publish(sessions, WITH_WORK_ORDER)
    item = msgspec.structs.replace(an_item(), local_network="0511", sold_in=("0511",))

    consume(sessions, SUBSCRIPTIONS, accepted(item))

    (request,) = published(sessions)
    assert isinstance(request, AssignmentRequested)
    assert [(each.local_network, each.sold_in) for each in request.items] == [("0511", ("0511",))]
    assert plan_of(sessions).local_network == ""


def test_each_work_order_is_in_the_list_of_its_own_address(sessions: Sessions) -> None:
    publish(sessions, WITH_WORK_ORDER)
    consume(sessions, SUBSCRIPTIONS, accepted(an_item(), an_item(id_="2")))

    consume(sessions, SUBSCRIPTIONS, assigned_in("025", "0511"))

    with sessions() as session:
        rows = session.execute(select(WorkOrderRow.step, WorkOrderRow.local_network))
        listed = {row.step: row.local_network for row in rows}
    assert listed == {"1/install": "025", "2/install": "0511"}
    assert plan_of(sessions).local_network == "025"


def test_a_completed_service_is_published_with_its_area(sessions: Sessions) -> None:
    publish(sessions, REFERENCE)
    consume(sessions, SUBSCRIPTIONS, order := accepted())
    answer = assigned(order, index([REFERENCE]))
    items = (msgspec.structs.replace(answer.items[0], local_network="0511"),)

    consume(sessions, SUBSCRIPTIONS, msgspec.structs.replace(answer, items=items))

    done = published(sessions)[-1]
    assert isinstance(done, ServiceCompleted)
    assert done.services[0].local_network == "0511"
    assert envelopes(sessions)[-1].localnetwork == "0511"
    (service,) = services_of(sessions, order)
    assert service.local_network == "0511"
