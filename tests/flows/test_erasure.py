"""After an erasure no database of the running system contains the person's data."""

from sqlalchemy import create_engine, text

from deploy.local.process_environment import PERSON_KEY, get_or_create_secret
from services.order.domain.acceptance.submission import fingerprint, keyed_fingerprint
from tests.erasure import columns_with
from tests.flows.order_items import fibre
from tests.flows.site import JSON, Site

SECRETS = ("林小玉", "13851230099", "lin@example.cn", "320102198811027744", "五楼左手", "按两次铃")


def with_personal_data(order: JSON, customer: str) -> JSON:
    """Return an order with all personal data that it can contain."""
    name, phone, mail, identity, description, note = SECRETS
    media = [("phone", {"phoneNumber": phone}), ("email", {"emailAddress": mail})]
    person = {
        "id": customer,
        "role": "customer",
        "name": name,
        "individualIdentification": [{"identificationId": identity}],
        "contactMedium": [{"mediumType": kind, "characteristic": it} for kind, it in media],
    }
    return order | {
        "relatedParty": [person],
        "description": description,
        "note": [{"text": note}],
    }


def personal_columns(site: Site) -> set[str]:
    """Return the columns of all databases that contain the person's data."""
    found = set()
    for service, url in site.record.databases.items():
        engine = create_engine(url)
        with engine.connect() as connection:
            found |= {f"{service}.{place}" for place in columns_with(connection, *SECRETS)}
        engine.dispose()
    return found


def fingerprint_of(site: Site, order_id: str) -> bytes:
    """Return the stored fingerprint of an order's request body."""
    engine = create_engine(site.record.databases["order"])
    with engine.connect() as connection:
        statement = text("SELECT fingerprint FROM submissions WHERE id = :id")
        found: bytes = connection.execute(statement, {"id": order_id}).scalar_one()
    engine.dispose()
    return bytes(found)


def test_no_database_contains_data_of_an_erased_customer(site: Site) -> None:
    customer = "C-forgotten"
    order = with_personal_data(site.order(fibre(site.exchange_area().served)), customer)
    done = site.completed(order)
    site.view(customer, products=1)
    assert {place.partition(".")[0] for place in personal_columns(site)} == {"order", "customer"}

    path = f"/ops/v1/customers/{customer}/erase"
    site.client("admin").post("customer", path, {"reason": "request 2026-17"})

    site.until(lambda: not personal_columns(site))
    assert site.read(done["id"])["state"] == "completed"
    assert site.post(order).json()["id"] == done["id"]
    assert site.view(customer, products=1)["profile"]["name"] == ""
    assert personal_columns(site) == set()
    key = get_or_create_secret(PERSON_KEY, site.home).encode()
    assert fingerprint_of(site, done["id"]) == keyed_fingerprint(fingerprint(order), key)
