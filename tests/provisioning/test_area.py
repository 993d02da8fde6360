"""Work belongs to the area in which its address lies, as resources tells it."""

import msgspec
from sqlalchemy import select

from services.provisioning.handlers import SUBSCRIPTIONS
from services.provisioning.tables import WorkOrderRow
from shared.contracts import AssignmentRequested, ResourcesAssigned, ServiceCompleted
from shared.persistence.database import Sessions
from tests.kernel import consume, envelopes, published
from tests.provisioning.builders import a_blueprint, a_job, accepted, an_item, assigned, index
from tests.provisioning.database import REFERENCE, plan_of, publish, services_of

JOB = a_blueprint(a_job("install"))


def assigned_in(*networks: str) -> ResourcesAssigned:
    """Return that each item of an order has what it needs, at an address in its network."""
    order = accepted(*(an_item(id_=str(place + 1)) for place in range(len(networks))))
    answer = assigned(order, index([JOB]))
    items = tuple(
        msgspec.structs.replace(each, local_network=network)
        for each, network in zip(answer.items, networks, strict=True)
    )
    return msgspec.structs.replace(answer, items=items)


def test_what_the_order_says_is_asked_of_resources_and_believed_by_nobody(
    sessions: Sessions,
) -> None:
    publish(sessions, JOB)
    item = msgspec.structs.replace(an_item(), local_network="0511", sold_in=("0511",))

    consume(sessions, SUBSCRIPTIONS, accepted(item))

    (asked,) = published(sessions)
    assert isinstance(asked, AssignmentRequested)
    assert [(each.local_network, each.sold_in) for each in asked.items] == [("0511", ("0511",))]
    assert plan_of(sessions).local_network == ""


def test_each_work_order_is_in_the_list_of_its_own_address(sessions: Sessions) -> None:
    publish(sessions, JOB)
    consume(sessions, SUBSCRIPTIONS, accepted(an_item(), an_item(id_="2")))

    consume(sessions, SUBSCRIPTIONS, assigned_in("025", "0511"))

    with sessions() as session:
        rows = session.execute(select(WorkOrderRow.step, WorkOrderRow.local_network))
        listed = {row.step: row.local_network for row in rows}
    assert listed == {"1/install": "025", "2/install": "0511"}
    assert plan_of(sessions).local_network == "025"


def test_what_is_completed_is_told_with_its_area(sessions: Sessions) -> None:
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
