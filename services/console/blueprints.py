"""`kaitong blueprint draw`: a blueprint as a drawing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.console.catalogue import BLUEPRINTS, PAGE
from services.console.client import connect
from services.console.drawing import as_mermaid, as_svg
from services.console.errors import USAGE, CommandError
from services.console.output import print_line


def draw_blueprint(name: str, svg: Path | None) -> None:
    """Print the newest version of a blueprint as Mermaid text, or write it as SVG to a file.

    Raises:
        CommandError: there is no such blueprint, or the service does not answer.
    """
    blueprint = newest_blueprint(name)
    if svg is None:
        print_line(as_mermaid(blueprint))
        return
    svg.write_text(as_svg(blueprint), encoding="utf-8")
    print_line(f"{name} version {blueprint['version']} is drawn in {svg}")


def newest_blueprint(name: str) -> Mapping[str, Any]:
    """Return the newest version of a blueprint; a tenant's own precedes the shared one.

    Raises:
        CommandError: there is none of this name.
    """
    listed = list(connect("viewer").get_all("provisioning", BLUEPRINTS, limit=PAGE))
    # The tenant's own stand last, the newest one at the end.
    listed.sort(key=lambda each: (not each["shared"], each["blueprint"]["version"]))
    found = {name_of(each["blueprint"]): each["blueprint"] for each in listed}
    if name in found:
        return found[name]  # type: ignore[no-any-return]
    line = name.partition("/")[0]
    of_line = [each for each in found if each.startswith(f"{line}/")]
    lines = {each.partition("/")[0] for each in found}
    msg = f"there is no blueprint {name}"
    raise CommandError(msg, USAGE, remedy=f"name one: {', '.join(sorted(of_line or lines))}")


def name_of(blueprint: Mapping[str, Any]) -> str:
    """Return the name of a blueprint: `ftth/new`."""
    return f"{blueprint['specification']}/{blueprint['business_action']}"
