"""Offerings need blueprints: publication is refused or warned, and a check finds the gaps."""

import os
import subprocess
import sys
from typing import Any

from deploy.local.home import CHECKOUT
from services.console.client import ApiError
from tests.flows.site import Site

SPECIFICATION = {"id": "gadget", "version": 1, "name": "gadget"}
OFFERING = {"id": "gadget", "version": 1, "name": "gadget", "specification": "gadget"}
PUBLICATION = {"specifications": [SPECIFICATION], "offerings": [OFFERING]}
DELIVERED: dict[str, Any] = {
    "specification": "gadget",
    "action": "add",
    "version": 1,
    "steps": [{"name": "assign", "kind": "assign"}],
}


def check(site: Site) -> subprocess.CompletedProcess[str]:
    """Run `kaitong catalogue check` on the site."""
    return subprocess.run(
        [sys.executable, "-m", "services.console", "catalogue", "check"],
        cwd=CHECKOUT,
        env=os.environ | {"KAITONG_HOME": str(site.home)},
        capture_output=True,
        text=True,
        check=False,
    )


def published(site: Site) -> Any:
    """Publish the gadget; return the answer, or its problem."""
    try:
        return site.client("ops").post("order", "/ops/v1/catalogue", PUBLICATION)
    except ApiError as error:
        return error.problem


def test_every_offering_can_be_delivered_and_disconnected(site: Site) -> None:
    ops = site.client("ops")
    assert check(site).returncode == 0

    refused = site.until(lambda: found if "errors" in (found := published(site)) else None)
    assert [each["code"] for each in refused["errors"]] == ["not-deliverable"]

    (blueprint,) = ops.post("provisioning", "/ops/v1/blueprints", [DELIVERED])
    assert "gadget/disconnect" in blueprint["warning"]
    sold = site.until(lambda: found if "changed" in (found := published(site)) else None)
    assert [each["code"] for each in sold["warnings"]] == ["never-given-up"]

    found = check(site)
    assert found.returncode == 1
    assert "specification gadget: there is no blueprint gadget/disconnect" in found.stdout

    ops.post("provisioning", "/ops/v1/blueprints", [DELIVERED | {"action": "delete"}])
    assert check(site).returncode == 0
