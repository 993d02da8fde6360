"""An identity number is shown in full only to the client that sent it."""

import pytest
from httpx import AsyncClient

from services.customer.handlers import SUBSCRIPTIONS
from shared.contracts import Customer
from shared.persistence.database import Sessions
from tests.access.table import CARE
from tests.callers import CLIENT, AsRole
from tests.customer.builders import ZHANG, a_customer, accepted
from tests.customer.test_grants import ALL, ONE, VIEW, share
from tests.kernel import consume

OTHER = "another-crm"
PARTIES = "/tmf-api/partyManagement/v4"
COMPANY = a_customer(id=ZHANG, category="business")
FULL, CONCEALED = "320102199003078515", "**************8515"
LATER = "110101199003070134"
KINDS = ("individual", "organization")


async def shown(client: AsyncClient, headers: dict[str, str], kind: str = "individual") -> str:
    """Return the identity number of the customer as TMF632 shows it to a caller."""
    answer = await client.get(f"{PARTIES}/{kind}/{ZHANG}", headers=headers)
    (paper,) = answer.json()[f"{kind}Identification"]
    return str(paper["identificationId"])


def accept_order(sessions: Sessions, kind: str = "individual") -> None:
    """Accept an order of the customer, as a person or as a company."""
    consume(
        sessions, SUBSCRIPTIONS, accepted(1, COMPANY if kind == "organization" else a_customer())
    )


@pytest.mark.parametrize("kind", KINDS)
async def test_the_client_that_sent_a_number_is_shown_it_in_full(
    client: AsyncClient, sessions: Sessions, as_role: AsRole, kind: str
) -> None:
    accept_order(sessions, kind)

    assert await shown(client, as_role("crm", CLIENT), kind) == FULL


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("level", ["see", "change"])
@pytest.mark.parametrize("grant", [ONE, ALL], ids=["one customer", "all customers"])
async def test_a_client_with_which_the_customer_is_shared_is_shown_four_characters(  # noqa: PLR0913, PLR0917  each is a case
    client: AsyncClient,
    sessions: Sessions,
    as_role: AsRole,
    grant: dict[str, str],
    level: str,
    kind: str,
) -> None:
    accept_order(sessions, kind)
    await share(client, as_role("admin"), **{"customerId": "", **grant, "level": level})

    view = await client.get(VIEW, headers=as_role("crm", OTHER))

    assert await shown(client, as_role("crm", OTHER), kind) == CONCEALED
    assert view.json()["profile"]["identityNumber"] == CONCEALED


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("role", sorted(CARE - {"crm"}))
async def test_a_tenant_wide_role_is_shown_four_characters_though_its_client_sent_it(
    client: AsyncClient, sessions: Sessions, as_role: AsRole, role: str, kind: str
) -> None:
    accept_order(sessions, kind)

    assert await shown(client, as_role(role, CLIENT), kind) == CONCEALED


async def test_each_client_is_shown_in_full_only_the_number_that_it_sent(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    accept_order(sessions)
    consume(
        sessions,
        SUBSCRIPTIONS,
        accepted(2, Customer(id=ZHANG, category="", identity_number=LATER), client=OTHER),
    )
    await share(client, as_role("admin"))
    await share(client, as_role("admin"), owner=OTHER, grantee=CLIENT)

    assert await shown(client, as_role("crm", OTHER)) == LATER
    assert await shown(client, as_role("crm", CLIENT)) == f"{'*' * 14}{LATER[-4:]}"


async def test_a_number_that_two_clients_sent_is_shown_in_full_to_both(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    accept_order(sessions)
    spelt = f"{FULL[:6]} {FULL[6:]}"
    own = Customer(id=ZHANG, category="", identity_number=spelt)
    consume(sessions, SUBSCRIPTIONS, accepted(2, own, client=OTHER))
    await share(client, as_role("admin"), owner=OTHER, grantee=CLIENT)

    assert await shown(client, as_role("crm", CLIENT)) == spelt
