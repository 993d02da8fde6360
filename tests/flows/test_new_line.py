"""A line of business that is data: loaded on a running system, and lived through by a product."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy.local.home import CHECKOUT
from tests.flows.province_part import nanjing
from tests.flows.site import Site
from tools.demo.province_import import import_city

JSON = Any
FOLDER = Path("examples/new-line")
CLOUD, CUSTOMER = "camera-cloud", "C-025-90002"
ADDRESSES = ("addr-320102-002-0001", "addr-320102-002-0003")


def kaitong(site: Site, *arguments: str) -> str:
    """Run `kaitong catalogue` on the site; return what it prints."""
    done = subprocess.run(  # noqa: S603  our own command
        [sys.executable, "-m", "services.console", "catalogue", *arguments],
        cwd=CHECKOUT,
        env=os.environ | {"KAITONG_HOME": str(site.home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def order(site: Site, action: str, product: str = "") -> JSON:
    """Return the example's order for an action, of a product, under a new id."""
    body = json.loads((FOLDER / f"orders/{action}.json").read_text())
    body["externalId"] = site.order()["externalId"]
    if product:
        body["productOrderItem"][0]["product"]["id"] = product
    return body


def the_product(site: Site) -> JSON:
    """Return the customer's camera that is not terminated."""
    found = site.products(CUSTOMER, status="")
    (product,) = (each for each in found if each["status"] != "terminated")
    return product


@pytest.fixture
def camera(site: Site) -> Site:
    """The system with the plant of the example, and its line of business."""
    import_city(site.client("ops"), nanjing())
    kaitong(site, "apply", str(FOLDER))
    return site


def test_a_line_of_business_is_planned_and_then_loaded_by_one_command(site: Site) -> None:
    ops = site.client("ops")
    import_city(ops, nanjing())

    planned = kaitong(site, "plan", str(FOLDER))
    names = {each["name"] for each in ops.get("resources", "/ops/v1/pool-kinds?limit=100")}
    assert "pool kind/camera-account: new" in planned
    assert "offering/camera-30/1: new" in planned
    assert "there is no blueprint" not in planned
    assert "camera-account" not in names

    applied = json.loads(kaitong(site, "apply", str(FOLDER), "--json"))
    assert (applied["blocks"], applied["items"], applied["warnings"]) == (16, 12, [])
    assert "offering/camera-7/1" in applied["catalogue"]
    again = json.loads(kaitong(site, "apply", str(FOLDER), "--json"))
    assert (again["blocks"], again["items"], again["catalogue"]) == (0, 0, [])
    assert "0 new, 0 changed, 11 unchanged" in kaitong(site, "plan", str(FOLDER))


def test_a_later_version_is_shown_field_by_field(camera: Site, tmp_path: Path) -> None:
    catalogue = json.loads((FOLDER / "catalogue.json").read_text())
    offering = catalogue["offerings"][0]
    offering["version"] = 2
    offering["prices"][1]["amount_cents"] = 1200
    (tmp_path / "cheaper.json").write_text(json.dumps({"offerings": [offering]}))

    planned = kaitong(camera, "plan", str(tmp_path))

    assert "offering/camera-7/2: changed" in planned
    assert "/prices/camera-7-monthly/amount_cents: 1000 → 1200" in planned


def test_a_camera_is_sold_changed_moved_suspended_resumed_and_disconnected(camera: Site) -> None:
    camera.completed(order(camera, "new"))
    product = the_product(camera)
    service = product["realizingService"][0]["id"]
    account = camera.held(service, **{"camera-account": "in_use", "onu-port": "in_use"})
    assert camera.configured(CLOUD, service)["storage_days"] == 7

    camera.completed(order(camera, "change", product["id"]))
    assert the_product(camera)["productOffering"]["id"] == "camera-30"
    assert camera.configured(CLOUD, service)["storage_days"] == 30

    camera.completed(order(camera, "move", product["id"]))
    moved = camera.held(service, **{"camera-account": "in_use", "onu-port": "in_use"})
    assert the_product(camera)["place"][0]["id"] == ADDRESSES[1]
    assert moved["camera-account"]["value"] == account["camera-account"]["value"]
    assert moved["onu-port"]["value"] != account["onu-port"]["value"]

    for action, bar, status in (("suspend", "both", "suspended"), ("resume", "none", "active")):
        camera.completed(order(camera, action, product["id"]))
        assert camera.configured(CLOUD, service)["bar"] == bar
        assert the_product(camera)["status"] == status

    camera.completed(order(camera, "disconnect", product["id"]))
    assert camera.products(CUSTOMER) == []
    assert service not in camera.subjects(CLOUD)
    camera.until(lambda: not camera.holdings(service))
    path = f"/ops/v1/pools/camera-account/anywhere/things/{account['camera-account']['value']}"
    assert camera.client("viewer").get("resources", path)["state"] == "quarantined"


def test_an_action_that_its_element_refuses_leaves_everything_as_it_was(camera: Site) -> None:
    with camera.faults(CLOUD, {"fault": "refuse", "kind": "create-account", "code": "full"}):
        failed = camera.fulfil(camera.accepted(order(camera, "new")))
    assert failed["state"] == "failed"
    camera.completed(order(camera, "new"))
    product = the_product(camera)
    service = product["realizingService"][0]["id"]
    before = camera.configured(CLOUD, service), camera.holdings(service)

    refused = {"change": "modify-account", "suspend": "bar-account", "disconnect": "delete-account"}
    for action, operation in refused.items():
        with camera.faults(CLOUD, {"fault": "refuse", "kind": operation, "code": "busy"}):
            failed = camera.fulfil(camera.accepted(order(camera, action, product["id"])))
        assert failed["state"] == "failed"
        assert the_product(camera) == product
        camera.held(service, **{"camera-account": "in_use", "onu-port": "in_use"})

    after = camera.configured(CLOUD, service), camera.holdings(service)
    assert [each["storage_days"] for each in (before[0], after[0])] == [7, 7]
    assert {kind: each["value"] for kind, each in before[1].items()} == {
        kind: each["value"] for kind, each in after[1].items()
    }
    camera.completed(order(camera, "disconnect", product["id"]))
